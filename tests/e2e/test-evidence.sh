#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Expectations of the rule that decided and of what was logged: they are met, and a wrong one is not,
# for just the reason that is said.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

run_json "$data/evidence"
ends_with 0 "as it is"
report_has '.totals | .passed == 52 and .failed == 0 and .inconclusive == 0' "as it is"
report_has 'all(.scenarios[].variants[].probes[].evidence; (.log | type == "array") and .logged == (.log | length))' \
	"as it is"
report_has 'any(.scenarios[].variants[].probes[].evidence.log[];
	.host == "client" and .prefix == "forbidden: " and .group == 3 and .uid == 1000 and .gid == 50 and
	.out == "eth0" and .in == null and
	(.packet | test("^tcp 10\\.6\\.0\\.1:[0-9]+ > 10\\.7\\.0\\.2:81 SYN$")))' "a message"
report_has 'all(.scenarios[].variants[] | select(.name == "nothing") | .probes[]; .evidence.log == [])' "no policy"
report_has '[.scenarios[].variants[].probes[].evidence.log[].prefix] | index("fwlab canary") == null' "the canary"
outcomes >before

# Without instruments nothing is known of rules and logs, and nothing is said of them.
run_json --bare "$data/evidence"
ends_with 0 "bare"
report_has '[.scenarios[].variants[].probes[].evidence | select(.rule or .logged > 0)] == []' "bare"

# What sed makes of the scenario fails; so many probes, each with such a complaint (a regular expression).
wrong() { # SED-SCRIPT COUNT COMPLAINT
	rm -rf copy
	cp -R "$data/evidence" copy
	sed "$1" "$data/evidence/scenario.yaml" >copy/scenario.yaml
	check "$1: changes something" [ "$(cmp -s copy/scenario.yaml "$data/evidence/scenario.yaml" && echo same)" = "" ]
	run_json --jobs 2 copy
	ends_with 1 "$1"
	report_has ".totals == {passed: (52 - $2), failed: $2, inconclusive: 0, skipped: 0, refused: 0}" "$1"
	report_has 'all(.scenarios[].variants[].probes[] | select(.passed | not); .complaint | test("'"$3"'"))' "$1"
	outcomes >after
	same "$1: the outcomes" before after
}
wrong 's/by: eighty-one/by: eighty-two/' 4 'by another rule: .*eighty-one is closed.*expected one with .eighty-two'
wrong 's/by: Forbidden/by: Permitted/' 6 'by another rule: .*reject.*expected one with .Permitted'
wrong "s/by: policy drop/by: policy accept/g" 4 'by another rule: .policy (drop|DROP)'
wrong 's/at: client, hook: output/at: router, hook: output/' 6 'drop at router.* but it was dropped .by client'
wrong 's/tcp-reset at client/tcp-reset at server/' 6 'but it was rejected .tcp-reset, by client'
wrong 's/at: router, hook: forward/at: router, hook: input/' 6 'at hook forward .expected at input'
wrong 's/drop at client/drop at server/g' 4 'expected drop at server.*but it was dropped .by client'
wrong 's/group: 3/group: 4/' 6 'group 4.* but there was 1 other: client: .*group 3'
wrong 's/uid: joe, gid: 50/uid: 0, gid: 50/' 6 'uid 0.* 1 other: .*uid 1000'
wrong 's/gid: 50, at/gid: 51, at/' 6 'gid 51.* 1 other: .*gid 50'
wrong 's/prefix: "forbidden:"/prefix: forbidden/' 6 'prefix .forbidden..* 1 other: '
wrong 's/at: client, count: 1/at: client, count: 2/' 6 'expected 2 log messages .* was 1: client'
wrong 's/at: client, count: 1/at: client, count: 0/' 6 'expected no log message .* was 1: client'
wrong 's/passing by, at: router/passing by, at: server/' 6 'at server.* 1 other: router'
wrong 's/reset, count: 3/reset, count: 2/; s/joe, count: 3/joe, count: 4/' 3 '(2|4) log messages .* were 3, such as'
wrong 's/uid: jim, gid/uid: 1001, gid/' 2 'uid 1001.* 1 other: .*uid 1000'
wrong 's/else: { prefix: "forbidden:".*/else: none/' 6 'expected no log message, but there was 1: client'
wrong 's/nothing: none/nothing: { prefix: x }/' 5 'prefix .x.* but there was none'
wrong 's/nothing: allow$/nothing: { outcome: deny, by: x }/' 6 'expected deny, by .x., but it was allowed'

# The end of a connection that conntrack has forgotten meets rules that it would not have met: its log
# is not the next probe's. Under load it comes late.
{
	sed '/^  nothing:/d; /^probes:/q' "$data/evidence/scenario.yaml"
	for i in $(seq 100); do
		echo "  - { name: p$i, from: client, connect: server:80/tcp, expect: allow at server, log: none }"
	done
} >copy/scenario.yaml
for i in 1 2; do
	timeout 60 sh -c 'while :; do :; done' &
	busy="${busy:-} $!"
done
run_json copy
# shellcheck disable=SC2086 # a list
kill $busy
ends_with 0 "connections that end late"
report_has '.totals == {passed: 600, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "connections that end late"

finish
