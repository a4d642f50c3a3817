# Something of everything that a policy's script may leave behind.
set -e
iptables-legacy -A INPUT -p tcp --dport 81 -j DROP
touch /tmp/left /etc/left /var/tmp/left /run/left
mkdir -p /run/netns && mount -t tmpfs none /run/netns
ip link add left type bridge
sleep 50 </dev/null >/dev/null 2>&1 &
setsid sleep 51 </dev/null >/dev/null 2>&1 &
