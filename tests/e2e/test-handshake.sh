#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A handshake alone is no allow: what keeps the rest from getting through is named, at services of ours
# and at a daemon that never says a word.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
command -v perl >/dev/null || skip "there is no perl"

run_json --jobs 2 "$data/handshake"
ends_with 0 "as it is"
report_has '.totals == {passed: 84, failed: 0, inconclusive: 0, skipped: 0}' "as it is"
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

finish
