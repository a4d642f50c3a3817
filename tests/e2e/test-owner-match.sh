#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# One policy in three languages: the same outcomes; and the words, numbers and log lines that its README
# speaks of are not just any.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

scenario=$root/scenarios/owner-match

run_json --no-skip "$scenario"
ends_with 0 "all variants"
check "all variants: no words on standard error" [ ! -s err ]
report_has '.totals == {passed: 87, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "all variants"
cp out all.json
outcomes | cut -d '|' -f 2- >all
for variant in iptables nft; do
	grep "^ferm|" all | cut -d '|' -f 2- >one
	grep "^$variant|" all | cut -d '|' -f 2- >other
	same "$variant is as ferm" one other
done

# What nc says, and what is logged of it
nc='.scenarios[].variants[].probes[] | select(.name == "a web robot'\''s nc")'
report_has "[$nc] | length == 3 and all(.output | test(\"\\\\(fd00:10:20::80\\\\) .* Permission denied\\n.*\\\\(10.10.20.80\\\\) .* No route to host\"))" "nc"
report_has "[$nc | .evidence.log[]] | length > 0 and all(.prefix == \"out\" and .uid == 116 and .gid == 123 and .out == \"ens3\")" "nc's log"

# Other words, another user or group in the log, other tables than expected
cp -R "$scenario" copy
wrong() { # WHAT SED-SCRIPT
	sed "$2" "$scenario/scenario.yaml" >copy/scenario.yaml
	check "$1: it is another scenario" sh -c "! cmp -s '$scenario/scenario.yaml' copy/scenario.yaml"
	run_json --variant nft --filter robot copy
	ends_with 1 "$1"
	report_has '.totals.inconclusive == 0' "$1"
}
wrong "words of the other family" 's/(10.10.20.80) port 80 (tcp) failed: No route to host/(10.10.20.80) port 80 (tcp) failed: Permission denied/'
wrong "another status" 's/^      exit: 1$/      exit: 2/'
wrong "another user" 's/uid: www-robots, gid: 123/uid: bind, gid: 123/'
wrong "another group" 's/uid: www-robots, gid: 123/uid: www-robots, gid: 116/'
wrong "more messages" 's/gid: 123, count: 1/gid: 123, count: 2/'
wrong "another rule" 's/by: REJECT/by: skuid/'

# What is seen without the rule for neighbours
rm -r copy && cp -R "$scenario" copy
sed -i '/ipv6-icmp icmpv6-type/d' copy/server.ferm
check "no rule for neighbours: there was one" sh -c "! cmp -s '$scenario/server.ferm' copy/server.ferm"
run_json --variant ferm --filter "root's apt" copy
ends_with 1 "no rule for neighbours"
outcomes | grep -F "|root's apt|" >apts
printf '%s\n' "owner-match|ferm|root's apt|ipv4|allowed||arrival||mirror" \
	"owner-match|ferm|root's apt|ipv6|rejected|neighbour discovery|rule|server|" >wanted
same "no rule for neighbours: what is seen of root's apt" wanted apts
finish
