#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Probes leave connections of others alone, and nothing of theirs is on its way when the next one is sent.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

data=$root/tests/e2e/data/connections
for turn in 1 2 3 4 5 6 7 8 9 10; do
	fwlab run "$data"
	ends_with 0 "connections that last, $turn"
done
fwlab run --bare "$data"
ends_with 0 "the same without instruments"

# The kernel's count has no connection in it that is over.
for turn in 1 2 3 4 5; do
	fwlab run "$root/tests/e2e/data/counted"
	ends_with 0 "connections that are counted, $turn"
done

# The rule that bans does: a client that goes on with what is not there.
sed 's/tcp dport { 80, 7000 } accept/tcp dport 7000 accept/' "$data/strict.nft" >strict.nft
cp "$data/scenario.yaml" "$data/tunnel.pl" .
fwlab run .
ends_with 1 "a port that is closed"
finish
