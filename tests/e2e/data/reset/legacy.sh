#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
set -e
for t in iptables-legacy ip6tables-legacy; do
	$t -A INPUT -p tcp -m multiport --dports 25,90,91 --tcp-flags SYN,RST,PSH PSH \
		-m comment --comment "no word of it" -j REJECT --reject-with tcp-reset
done
