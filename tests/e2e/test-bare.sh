#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The instruments change nothing: every scenario comes to the same outcomes without them.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# What is not meant to come up, and what is slow on purpose, is left out; so is what only the
# instruments can tell from what it looks like: without neighbours, a fault of the policy
# from one of the network, whom NAT made of the target, why a connection is silent, what was delivered without an
# answer, and what became of apt's packets. Of many ports each would take a timeout.
left_out='apt|backend|bad|counted|discovery|diverted|families|first|handshake|hostile|losses|misleading|oneway'
left_out="$left_out|pbuilder-apt[^/]*|ports|reset|segments|slow|too-big|unanswered|unheard|wayback|words"
scenarios=$(find "$root/scenarios" "$data" -name scenario.yaml | grep -vE "/(scenarios|data)/($left_out)/" | sort)

# What became of each probe; how that is known is what differs.
became() {
	jq -r '.scenarios[] | .name as $s | .variants[] | .name as $v | .probes[] |
		[$s, $v, .name, .family, .outcome, .how, .passed, .evidence.arrived_at] | join("|")' "$work/out"
}

# shellcheck disable=SC2086 # a list
run_json --jobs 2 $scenarios
ends_with 0 "with instruments"
report_has '[.scenarios[].variants[].probes[] | select(.outcome == "dropped") | .evidence.kind] |
	length > 0 and all(. == "rule")' "with instruments, every drop is a rule's"
report_has '[.scenarios[].variants[].probes[] | select(.outcome == "dropped") | .evidence.hook] |
	contains(["output", "forward", "input"])' "drops at every hook"
became >with

# shellcheck disable=SC2086 # a list
run_json --jobs 2 --bare $scenarios
ends_with 0 "without instruments"
report_has '[.scenarios[].variants[].probes[] | select(.outcome == "dropped") | .evidence.kind] |
	length > 0 and all(. == "timeout" or . == "errno")' "without instruments, no drop is a rule's"
report_has '[.scenarios[].variants[].probes[] | select(.evidence.rule or .evidence.handle)] == []' \
	"without instruments, no rule is known"
became >without

check "there is something to compare" test "$(wc -l <with)" -gt 300
same "the outcomes" with without

# What became of the real apt's packets only the instruments can tell; all else is alike.
besides_apt() {
	jq 'del(.scenarios[].variants[].probes[] | select(.target | startswith("apt-get")))' "$work/out" >"$work/rest"
	mv "$work/rest" "$work/out"
	became
}
set -- --variant blocked --variant allow-uid --variant net-cls --variant net-cls-iptables --variant net-cls-nft
run_json --jobs 2 "$@" "$root/scenarios/pbuilder-apt"
ends_with 0 "pbuilder-apt with instruments"
besides_apt >with
run_json --jobs 2 --bare "$@" "$root/scenarios/pbuilder-apt"
ends_with 3 "pbuilder-apt without instruments"
besides_apt >without
check "pbuilder-apt: there is something to compare" test "$(wc -l <with)" -gt 150
same "the outcomes of pbuilder-apt" with without

finish
