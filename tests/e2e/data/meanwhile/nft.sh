#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
set -e
nft 'table inet fw {
	chain input {
		type filter hook input priority 0;
		tcp dport 80 drop comment "first"
	}
}'
exec perl changer.pl 'nft insert rule inet fw input tcp dport 80 drop comment \"second\"
nft add rule inet fw input tcp dport 81 log prefix third group 300 reject comment \"third\"'
