# What would be noticed in the host; none of it may succeed that leads out of where this is run.
if [ -e /var/backups/secret ]; then exit 1; fi
rm -r /run/fw /opt/fw/ports
echo harm >/run/pipe &
kill -KILL -1 || :
if mount -t tmpfs none /opt || mount -o remount,rw /sys/fs/cgroup || mount -t cgroup2 none /tmp; then exit 1; fi
for folder in /sys/fs/cgroup /sys/fs/cgroup/*; do
	if mkdir "$folder/harm" 2>/dev/null; then exit 1; fi
done
if pgrep -x "sleep|cat"; then exit 1; fi
if unshare --user true; then exit 1; fi
ip link delete eth0
iptables-nft -F INPUT
