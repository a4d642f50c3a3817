#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is for others is handed to the proxies as it is.
set -e
for family in -4 -6; do
	ip $family rule add fwmark 1 lookup 100
	ip $family route add local default dev lo table 100
done
nft -f - <<EOF
table inet divert {
	chain prerouting {
		type filter hook prerouting priority mangle;
		iifname near0 tcp dport { 80, 81 } tproxy to :3128 meta mark set 1
		iifname near0 tcp dport 82 tproxy to :3129 meta mark set 1
	}
}
EOF
