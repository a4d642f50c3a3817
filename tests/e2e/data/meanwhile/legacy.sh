#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
set -e
for t in iptables-legacy ip6tables-legacy; do
	$t -A INPUT -p tcp --dport 80 -m comment --comment first -j DROP
done
exec perl changer.pl 'for t in iptables-legacy ip6tables-legacy; do
	$t -I INPUT -p tcp --dport 80 -m comment --comment second -j DROP
	$t -A INPUT -p tcp --dport 81 -m comment --comment third -j NFLOG --nflog-group 300 --nflog-prefix third
	$t -A INPUT -p tcp --dport 81 -m comment --comment third -j REJECT
done'
