#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Each of them would do no harm if it could be written.
exec 2>/dev/null
for file in /proc/sys/kernel/hostname /proc/sys/kernel/printk /proc/sys/kernel/core_pattern \
	/proc/sys/vm/swappiness /proc/sys/fs/file-max /proc/irq/default_smp_affinity; do
	[ -e "$file" ] || continue
	value=$(cat "$file")
	if printf '%s\n' "$value" >"$file"; then
		echo "$file can be written"
		exit 1
	fi
done
if [ -e /proc/sysrq-trigger ] && : >/proc/sysrq-trigger; then
	echo "/proc/sysrq-trigger can be opened"
	exit 1
fi
: >/proc/sys/net/ipv4/ip_forward || exit 1
exit 0
