# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# What both of them load; "$@": the programs.
for t; do
	$t -A FORWARD -p tcp --sport 83 --tcp-flags SYN NONE -m comment --comment "no more than a SYN back" \
		-j REJECT --reject-with tcp-reset
	$t -A FORWARD -p tcp --sport 84 --tcp-flags PSH PSH -m comment --comment "no word back" \
		-j REJECT --reject-with tcp-reset
	$t -A FORWARD -p tcp --dport 85 --tcp-flags PSH PSH -m comment --comment "no word there" -j REJECT
	$t -A FORWARD -p tcp --dport 86 --tcp-flags SYN NONE -m comment --comment "no more than a SYN" \
		-j REJECT --reject-with tcp-reset
	$t -A FORWARD -p tcp -m multiport --dports 90,93 --tcp-flags PSH PSH \
		-m comment --comment "not a word" -j DROP
	$t -A FORWARD -p tcp --tcp-flags FIN FIN -m comment --comment "no end" -j DROP
done
