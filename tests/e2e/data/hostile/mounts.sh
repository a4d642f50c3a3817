#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
exec 2>/dev/null
mkdir -p /tmp/at
for words in '-t tmpfs none /tmp/at' '-o remount,bind,rw /' '-t proc none /tmp/at' '-t sysfs none /tmp/at' \
	'-o remount,bind,rw /proc/sys' '-t devtmpfs none /tmp/at' '--bind /proc/sys /tmp/at'; do
	# shellcheck disable=SC2086 # words
	if mount $words; then
		echo "mount $words is possible"
		exit 1
	fi
done
if umount /proc/sys || umount -l /etc; then
	echo "umount is possible"
	exit 1
fi
# In namespaces of one's own, where the kernel lets us have some, what is read-only stays so.
if unshare -rm sh -c 'mount -o remount,bind,rw / && touch /mnt/precious/touched'; then
	echo "the machine's files can be written from a user namespace"
	exit 1
fi
if unshare -rmpf sh -c 'mount -t proc none /proc && cat /proc/sys/kernel/printk >/proc/sys/kernel/printk'; then
	echo "the machine's sysctls can be written from a user namespace"
	exit 1
fi
exit 0
