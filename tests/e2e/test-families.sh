#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules of the bridge, arp and netdev families are named, also where it is neighbours that they
# keep from being found; what they do to copies is nobody's fate.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

run_json --jobs 2 "$data/families"
ends_with 0 "as it is"
report_has '.totals == {passed: 126, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "as it is"

# Of a variant, so many probes have this.
tells() { # VARIANT COUNT CONDITION
	report_has '[.scenarios[].variants[] | select(.name == "'"$1"'") | .probes[] | select('"$3"')] |
		length == '"$2" "$1"
}
starved='.outcome == "dropped" and .how == "neighbour discovery" and .evidence.kind == "rule"'
tells forgets-arp 8 "$starved"' and .evidence.host == "sw" and .evidence.hook == "forward" and
	.evidence.table == "bridge f" and .evidence.rule == "policy drop" and .evidence.line == 4'
tells forgets-arp 4 '.family == "ipv4" and (.why | test("discovery for 10.9.0.2, without which IPv4"))'
tells arp 4 "$starved"' and .family == "ipv4" and .evidence.host == "b" and .evidence.table == "arp f"'
tells asks-not 4 "$starved"' and .family == "ipv4" and .evidence.host == "a" and .evidence.line == 5'
tells ingress 8 "$starved"' and .evidence.host == "b" and .evidence.hook == "ingress" and
	.evidence.line == (if .family == "ipv4" then 6 else 5 end)'
tells egress 8 "$starved"' and .evidence.host == "a" and .evidence.hook == "egress"'

# At once, by the rule of the family that did it.
dropped='.outcome == "dropped" and .how == null and .evidence.kind == "rule"'
tells bridge 2 "$dropped"' and .ms < 400 and .evidence.table == "bridge f" and .evidence.chain == "no" and
	.evidence.hook == "forward" and .evidence.line == 4'
tells both 2 "$dropped"' and .evidence.table == "bridge f" and .evidence.chain == "no"'
tells both 2 "$dropped"' and .evidence.table == "inet f" and .evidence.chain == "fo"'
tells early 2 "$dropped"' and .ms < 400 and .evidence.hook == "ingress" and .evidence.line == 5'
tells early 2 "$dropped"' and .ms < 400 and .evidence.hook == "input" and .evidence.line == 9'
tells after-all 6 "$dropped"' and .evidence.host == "sw" and .evidence.line == 5'

# Not where another one's copy of a question, or of a packet, was dropped.
tells deaf 4 '.outcome == "unreachable" and .family == "ipv4" and .name != "nobody there" and
	.evidence.kind == "route"'
tells hub 2 '.outcome == "unreachable" and .how == "closed port"'

# Who says it was no firewall is told better.
rm -rf copy
cp -R "$data/families" copy
sed -i 's/forgets-arp: deny/forgets-arp: unreachable/; s/bridge: drop/bridge: unreachable/' copy/scenario.yaml
run_json --jobs 2 --variant forgets-arp --variant bridge copy
ends_with 1 "no firewall"
report_has '.totals.failed == 8' "no firewall"

# Without instruments nobody tells of a rule.
run_json --bare --variant forgets-arp --filter ssh "$data/families"
ends_with 1 "bare"
report_has 'all(.scenarios[].variants[].probes[]; .outcome == "unreachable")' "bare"

shows() { # REGEX WHAT
	check "$2: shows $1" grep -qE -e "$1" "$work/out"
}

# The bridge's host is a part of the way, and the end of it.
fwlab explain --colour never --variant forgets-arp --family ipv4 "$data/families" ssh
ends_with 0 "explained"
shows "sw: arp 10.9.0.1 > 10.9.0.2 request" "explained"
shows "policy drop  .forgets-arp.nft:4.  <- dropped here" "explained"
fwlab explain --colour never --variant both --family ipv4 "$data/families" alternative
ends_with 0 "explained, both"
shows "forward: bridge f fo" "explained, both"
shows "tcp dport 81 drop .*<- dropped here" "explained, both"

finish
