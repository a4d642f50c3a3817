#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A deny that would fail without the policy too is nobody's deny.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

cat >policy.nft <<'END'
table inet filter {
	chain out {
		type filter hook output priority filter; policy accept;
		tcp dport { 80, 81 } drop
	}
}
END
cat >control.yaml <<'END'
name: control
hosts: { a: {}, b: { services: [ tcp/80 ] } }
policies: { a: { nft: policy.nft } }
probes:
  - { name: served, from: a, connect: "b:80", expect: drop }
  - { name: not served, from: a, connect: "b:81", expect: drop }
END

# A rule dropped both, and says so.
run_json control.yaml
ends_with 0 "the rule's word"
report_has 'all(.scenarios[].variants[].probes[]; .outcome == "dropped" and .evidence.kind == "rule")' \
	"the rule's word"

# But only one of them would have got anywhere.
run_json --control control.yaml
ends_with 1 "every deny controlled"
report_has '[.scenarios[].variants[].probes[] | select(.name == "served")] |
	length == 2 and all(.outcome == "dropped" and .passed)' "served"
report_has '[.scenarios[].variants[].probes[] | select(.name == "not served")] |
	length == 2 and all(.outcome == "unreachable" and .evidence.kind == "control" and (.passed | not))' \
	"not served"

# Without instruments a timeout is never enough on its own.
run_json --bare --filter served control.yaml
report_has '[.scenarios[].variants[].probes[] | select(.name == "served")] |
	length == 2 and all(.outcome == "dropped" and .evidence.kind == "timeout")' "a timeout, controlled"
report_has '[.scenarios[].variants[].probes[] | select(.name == "not served")] |
	length == 2 and all(.outcome != "dropped")' "a vacuous timeout"

finish
