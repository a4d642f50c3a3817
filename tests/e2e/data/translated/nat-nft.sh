#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
set -e
for family in 4 6; do
	case $family in
	4) t=iptables-nft server=10.9.0.2 with_port=10.9.0.2:8080 gateway=10.8.0.254 ;;
	6) t=ip6tables-nft server=fd00:9::2 with_port='[fd00:9::2]:8080' gateway=fd00:8::fe ;;
	esac
	$t -t nat -A PREROUTING -i out0 -p tcp --dport 80 -j DNAT --to-destination "$with_port"
	$t -t nat -A PREROUTING -i out0 -p udp --dport 80 -j DNAT --to-destination "$server"
	$t -t nat -A PREROUTING -i out0 -p tcp --dport 82 -j REDIRECT --to-ports 81
	$t -t nat -A POSTROUTING -o in0 -j MASQUERADE
	$t -t nat -A POSTROUTING -o out0 -j SNAT --to-source "$gateway"
done
