#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A policy that keeps IPv6 from finding its neighbours is named, wherever it does so.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

run_json "$data/discovery"
ends_with 0 "as it is"
report_has '.totals == {passed: 90, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "as it is"
report_has '[.scenarios[].variants[].probes[] | select(.how == "neighbour discovery")] | length == 31 and
	all(.[]; .family == "ipv6" and .evidence.kind == "rule" and .evidence.line and
		(.why | test("not the packet but the neighbour discovery for fd00:1[12]::")))' "each is told as what it is"

# It is no reject of the probe, for whoever asks for a certain one.
rm -rf copy
cp -R "$data/discovery" copy
sed -i '/asks-legacy: { ipv4/s/outcome: reject,/outcome: reject admin-prohibited,/' copy/scenario.yaml
run_json --variant asks-legacy copy
ends_with 1 "a certain reject"
report_has '.totals.failed == 5' "a certain reject"
report_has 'all(.scenarios[].variants[].probes[] | select(.passed | not);
	.complaint | test("it was rejected .neighbour discovery, by client"))' "a certain reject"

# Without instruments nobody tells of the rule.
run_json --bare --variant asks "$data/discovery"
ends_with 1 "bare"
report_has 'all(.scenarios[].variants[].probes[] | select(.family == "ipv6"); .outcome == "unreachable")' "bare"

# The answer's way back needs neighbours, too; the client knows its own by heart.
run_json --jobs 2 "$data/wayback"
ends_with 0 "the way back"
report_has '[.scenarios[].variants[] | select(.name != "none") | .probes[]] | length == 12 and
	all(.how == "neighbour discovery" and .evidence.line == (if .family == "ipv4" then 4 else 10 end))' "the way back"

finish
