#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The real apt-get, by itself, through a firewall, and at an archive that is at fault: the outcomes differ,
# a wrong expectation fails, and the machine's own apt has no part in it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

for tool in apt-get gpgv dpkg; do
	command -v "$tool" >/dev/null || skip "there is no $tool"
done

state() {
	find /etc/apt /var/lib/apt /var/lib/dpkg /var/cache/apt /usr/share/doc -newer "$work/before" 2>&1
}
touch before

run_json --jobs 2 "$data/apt"
ends_with 0 "as it is"
report_has '.totals == {passed: 136, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "as it is"
report_has 'all(.scenarios[].variants[].probes[] | select(.outcome | IN("rejected", "dropped"));
	.evidence.kind == "rule" and .evidence.rule)' "every deny is a rule's"
report_has 'all(.scenarios[].variants[].probes[] | select(.outcome == "allowed"); .evidence.arrived_at == "mirror")' \
	"every allow arrived"
report_has 'all(.scenarios[].variants[].probes[] | select(.name == "update" and .outcome == "dropped" and
	.evidence.host != "client" or .evidence.hook == "input"); .ms < 4000)' "no drop takes apt's own timeout"
check "nothing of the machine's has changed" [ -z "$(state)" ]

# With another expectation, just those fail: wrong VARIANT SED-SCRIPT COUNT COMPLAINT
wrong() {
	rm -rf copy
	cp -R "$data/apt" copy
	sed "$2" "$data/apt/scenario.yaml" >copy/scenario.yaml
	run_json --variant "$1" copy
	ends_with 1 "$1: $2"
	report_has ".totals.failed == $3 and .totals.inconclusive == 0" "$1: $2"
	report_has 'all(.scenarios[].variants[].probes[] | select(.passed | not); .complaint | test("'"$4"'"))' "$1: $2"
}
wrong open 's/404  Not Found/404 Gone/' 1 'its output to contain'
wrong open 's/expect: exit 100/expect: exit 0/' 2 'expected exit 0, but it was exit 100'
wrong open 's/open: allow at mirror/open: allow at lost/' 9 'expected allow at lost'
wrong open 's/open: allow at mirror/open: exit 0/' 9 'expected exit 0'
wrong reject 's/reject admin-prohibited/drop/g' 2 'expected drop'
wrong reject 's/else: none/reset: none/; s/prefix: apt, uid: 77/prefix: apt, uid: 42/' 2 'uid 42'
wrong reset 's/tcp-reset at mirror/tcp-reset at client/' 2 'by mirror'
wrong no-names 's/by: dport 53/by: dport 80/' 2 'by another rule'

# A control shows that a deny is the policy's.
run_json --control --variant reject --filter update "$data/apt"
ends_with 0 "control"

finish
