#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The server is looked for where it is not, but for what comes from the client: it is its answers
# that the reverse path filter drops.
set -e
nft 'table ip marks { chain pre { type filter hook prerouting priority mangle; iifname in0 meta mark set 1; }; }'
ip rule add fwmark 1 lookup 100
ip route add 10.7.0.0/24 dev out0 table 100
ip route add 10.7.0.2/32 dev in0
echo 1 >/proc/sys/net/ipv4/conf/out0/rp_filter
