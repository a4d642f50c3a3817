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
finish
