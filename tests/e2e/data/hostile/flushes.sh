#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
nft flush ruleset
for tool in iptables ip6tables iptables-legacy ip6tables-legacy; do
	for table in filter nat mangle raw; do
		$tool -t $table -F
		$tool -t $table -X
	done
done
exit 0
