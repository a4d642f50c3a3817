# SPDX-License-Identifier: GPL-2.0-or-later
# Something of everything that a policy's script may leave behind.
set -e
touch /tmp/left /etc/left /var/tmp/left /run/left
mkdir -p /run/netns && mount -t tmpfs none /run/netns
ip link add left type bridge
setsid sleep 602 </dev/null >/dev/null 2>&1 &
