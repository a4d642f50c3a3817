#!/bin/sh
# A firewall as they are written, which notes each time that it is run.
# shellcheck disable=SC1091 # what it reads is here, or made by the scenario
set -e
. ./lib.sh
. /opt/fw/ports
echo ran >>/var/log/fw.log
if [ -e /run/fw ]; then . ./again.sh; fi
mkdir -p /run/fw

iptables-nft -F
iptables-nft -P OUTPUT DROP
iptables-nft -A OUTPUT -o lo -j ACCEPT
for port in $PORTS; do
	allow "$port"
done
ip6tables-nft-restore <<EOF
*filter
:OUTPUT ACCEPT [0:0]
-A OUTPUT -p tcp --dport $BAD -j REJECT
COMMIT
EOF
nft -f - <<'EOF'
table inet late {
	chain out {
		type filter hook output priority 5
		tcp dport 443 drop
	}
}
EOF
sleep 1000 &
