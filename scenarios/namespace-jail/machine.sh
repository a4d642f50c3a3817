#!/bin/sh
# A host of a lab is less of a machine than the jails' tools are used to.
set -e

# Firejail takes a machine without kernel threads among its first processes for a sandbox.
echo kthreadd >/run/comm
mount --bind /run/comm /proc/1/comm
# LXC and systemd-nspawn look here for where the cgroups begin.
echo 0::/ >/run/cgroup
mount --bind /run/cgroup /proc/1/cgroup

# A root for those that want one of their own: the machine's programs, read-only, and little else.
root=/var/jail
for folder in usr etc proc sys dev tmp run root var/tmp var/www; do
	mkdir -p $root/$folder
done
for link in bin sbin lib lib64; do
	ln -s usr/$link $root/$link
done
ln -s ../run $root/var/run
for folder in usr etc var/www; do
	mount --bind /$folder $root/$folder
	mount -o remount,bind,ro $root/$folder
done
