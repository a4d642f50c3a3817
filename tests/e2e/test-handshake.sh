#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A handshake alone is no allow: what keeps the rest from getting through is named, at services of ours
# and at a daemon that never says a word.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
command -v perl >/dev/null || skip "there is no perl"

run_json --jobs 2 "$data/handshake"
ends_with 0 "as it is"
report_has '.totals == {passed: 84, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "as it is"
report_has 'all(.scenarios[].variants[].probes[] | select(.outcome == "dropped"); .evidence.kind == "rule")' "drops"
report_has 'all(.scenarios[].variants[] | select(.name == "forward") | .probes[] | select(.outcome == "dropped");
	.evidence | .file == "router.nft" and .line == 4)' "where the rule stands"
report_has 'all(.scenarios[].variants[] | select(.name == "output") | .probes[] | select(.outcome == "dropped");
	.why | test("server dropped the answer"))' "the answer's way"
report_has 'all(.scenarios[].variants[] | select(.name == "open") | .probes[] | select(.name != "a mute daemon");
	.evidence.kind == "arrival")' "services of ours"

# Without instruments it cannot be told who it was; but nobody says that it was allowed.
run_json --bare --variant input --filter daemon "$data/handshake"
ends_with 3 "bare"
report_has 'all(.scenarios[].variants[].probes[]; .outcome == "inconclusive" and
	(.why | test("the handshake .* was done, but then: .*not acknowledged")))' "bare"

# A reset after the handshake is that rule's which was heard to send it, or else the daemon's own.
run_json --jobs 2 "$data/reset"
ends_with 0 "resets"
report_has '.totals == {passed: 32, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "resets"
report_has 'all(.scenarios[].variants[].probes[] | select(.outcome == "rejected");
	.how == "tcp-reset" and .evidence.kind == "reset" and (.why | test("reset the connection after the handshake")))' \
	"resets by a rule"
report_has '[.scenarios[].variants[] | select(.name == "open").probes[] | select(.evidence.kind == "reset")] |
	length == 4 and all(.outcome == "allowed" and (.why | test("port 91 itself reset")))' "resets by the daemon"
run_json --control --filter 'a daemon that resets' "$data/reset"
ends_with 0 "resets, controlled"
run_json --bare --filter 'a daemon that resets' "$data/reset"
ends_with 3 "resets, bare"
report_has 'all(.scenarios[].variants[].probes[]; .outcome == "inconclusive" and
	(.why | test("whether a rule did is not known")))' "resets, bare"

# What comes after the SYN is looked at by rules of every tool, there and back.
run_json --jobs 2 "$data/segments"
ends_with 0 "segments"
report_has '.totals == {passed: 100, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "segments"
report_has 'all(.scenarios[].variants[].probes[] | select(.outcome == "rejected" or .outcome == "dropped");
	.evidence.rule != null)' "segments"
report_has '[.scenarios[].variants[] | select(.name == "nft").probes[] | select(.outcome != "allowed").evidence |
	select(.file == "router.nft").line] == [4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 8, 8]' "where the rule stands"
run_json --bare --variant nft "$data/segments"
ends_with 3 "segments, bare"
report_has 'all(.scenarios[].variants[].probes[] | select(.name | test("^words|^all")); .outcome != "allowed")' \
	"segments, bare"

# Daemons that speak, and end the connection themselves: each probe is one connection, and a rule that keeps
# the words of either end back is named.
run_json --jobs 2 "$data/words"
ends_with 0 "words"
report_has '.totals == {passed: 112, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "words"
report_has '[.scenarios[].variants[] | select(.name | test("^(output|forward|input|there)$")).probes[] |
	select(.outcome == "dropped") | .evidence.line] | length == 28 and all(. == 4)' "where the rule stands"
run_json --bare --variant open "$data/words"
report_has 'all(.scenarios[].variants[].probes[] | select(.name | test("^(a line|a greeting|an echo)"));
	.outcome == "allowed" and .evidence.kind == "reply")' "words, bare"

# Whoever comes first, a daemon that ends its connections at once or we: it is the same, again and again.
spin() {
	while :; do :; done
}
spin &
first=$!
spin &
second=$!
mkdir "$work/ends"
cp "$data/segments/daemons.pl" "$work/ends"
{
	cat <<-EOF
		name: ends
		hosts:
		  client:
		  server:
		    services:
		      - { name: daemons, run: "perl daemons.pl && exec tail -f /dev/null", ready: [ tcp/91, tcp/92 ] }
		policies: { server: { nft: empty.nft } }
		probes:
	EOF
	for i in 1 2 3 4 5 6 7 8 9 10; do
		for port in 91 92; do
			echo "  - { name: $port $i, from: client, connect: \"server:$port\", expect: allow at server }"
		done
	done
} >"$work/ends/scenario.yaml"
echo "table inet fw { }" >"$work/ends/empty.nft"
run_json "$work/ends"
ends_with 0 "ends"
report_has '.totals == {passed: 40, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "ends"
report_has '[.scenarios[].variants[].probes[] | .evidence.kind, (.why | sub("9[12]"; "N"))] | unique | length == 2' "ends"
report_has 'all(.scenarios[].variants[].probes[]; .why | test("^no rule did, so server.s tcp port 9[12] itself reset"))' \
	"ends"
kill "$first" "$second"
finish
