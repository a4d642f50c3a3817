#!/bin/sh
# The same jail by systemd-nspawn, without a systemd to register it with.
exec systemd-nspawn --quiet --register=no --keep-unit --console=pipe --machine=web \
	--directory=/var/jail --read-only --tmpfs=/tmp:mode=1777 --tmpfs=/var/tmp:mode=1777 \
	--network-bridge=br0 sh /etc/jail/serve.sh host0
