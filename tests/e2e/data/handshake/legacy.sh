#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
set -e
for t in iptables-legacy ip6tables-legacy; do
	$t -A INPUT -p tcp -m multiport --dports 25,53,80,81,90 --tcp-flags SYN,RST NONE \
		-m comment --comment "no more than a SYN" -j DROP
done
