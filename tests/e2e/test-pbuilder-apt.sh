#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The first scenario: it passes, and with any other policy than a variant's own just that fails in
# which they differ, and for that reason.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

scenario=$root/scenarios/pbuilder-apt

run_json "$scenario"
ends_with 0 "all variants"
check "all variants: no words on standard error" [ ! -s err ]
report_has '.totals == {passed: 255, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "all variants"
report_has '[.scenarios[].variants[].name] == ["blocked", "allow-uid", "net-cls", "no-ndp",
	"net-cls-iptables", "net-cls-nft", "typo-dmain", "typo-tdp", "typo-owner"]' "all variants"
report_has '[.scenarios[].variants[].probes | length] == [42, 42, 42, 42, 42, 42, 0, 0, 0]' "all variants"
report_has 'all(.scenarios[].variants[]; .error == null)' "all variants"

# The contract that scripts rely on
optional='(type == "string" or . == null)'
report_has '.schema == 1' "contract"
report_has '.totals | [.passed, .failed, .inconclusive, .skipped] | all(type == "number")' "contract"
report_has '.scenarios[] | (.name == "pbuilder-apt") and (.file | endswith("scenarios/pbuilder-apt/scenario.yaml"))' "contract"
report_has 'all(.scenarios[].variants[].probes[];
	([.name, .from, .as, .target, .expected, .outcome] | all(type == "string")) and
	(.family | . == null or . == "ipv4" or . == "ipv6") and
	(.outcome | IN("allowed", "rejected", "dropped", "unreachable", "inconclusive", "exited")) and
	(.how | '"$optional"') and (.passed | type == "boolean") and (.ms | type == "number" and . >= 0))' "contract"
report_has 'all(.scenarios[].variants[].probes[].evidence;
	([.kind, .host, .hook, .chain, .rule, .icmp, .arrived_at] | all('"$optional"')) and
	has("kind") and has("host") and has("hook") and has("chain") and has("rule") and has("icmp") and
	has("arrived_at") and has("handle") and (.handle | type == "number" or . == null))' "contract"

# No outcome without evidence
report_has 'all(.scenarios[].variants[].probes[]; .evidence.kind | length > 0 and . != "none")' "evidence"
report_has 'all(.scenarios[].variants[].probes[] | select(.outcome == "allowed"); .evidence.arrived_at)' "evidence"
report_has '[.scenarios[].variants[].refusals | length] == [0, 0, 0, 0, 0, 0, 1, 1, 1] and
	all(.scenarios[].variants[].refusals[]; .passed)' "typing errors are refused"
# What apt-get met is known from the rules alone.
report_has 'all(.scenarios[].variants[].probes[] | select(.outcome == "rejected" and (.name | startswith("apt-get")));
	.how == "admin-prohibited" and .evidence.host == "buildd" and .evidence.kind == "rule" and .evidence.line > 0)' \
	"evidence of apt-get"
report_has 'all(.scenarios[].variants[].probes[] | select(.outcome == "rejected" and .evidence.kind == "icmp");
	.how == "admin-prohibited" and .evidence.host == "buildd" and .evidence.hook == "output" and
	(.evidence.icmp | test("type [13] code (13|1)\\) from (10.10.20.10|fd00:10:20::10)$")))' "evidence"

chroot="apt in the chroot" group="apt in the chroot, in pbuilder's cgroup"
uuidd="uuidd, who has apt's number outside" robot="a web robot, were it let into the cgroup"
no="rejected admin-prohibited by buildd" yes="allowed at mirror"

# Whatever fails when a variant runs with another's policy: swap VARIANT POLICY [PROBE OUTCOME]...
swap() {
	variant=$1 policy=$2
	shift 2
	run_json --policy "buildd=ferm:$scenario/$policy.ferm" --variant "$variant" "$scenario"
	ends_with 1 "$variant with $policy.ferm"
	report_has '.totals | .passed + .failed == 42 and .inconclusive == 0' "$variant with $policy.ferm"
	# The real apt-get fares as its likeness does.
	report_has '[.scenarios[].variants[].probes[] | select((.passed | not) and .family == "ipv4") | .name] |
		map(select(startswith("apt-get")) | sub("-get"; "")) == map(select(startswith("apt in")))' \
		"$variant with $policy.ferm"
	jq -r '.scenarios[].variants[].probes[] | select(.passed | not) |
		select(.name | startswith("apt-get") or . == "the package has come" | not) | [.name, .family, .outcome, .how,
		if .outcome == "allowed" then "at " + .evidence.arrived_at else "by " + .evidence.host end
		] | map(values) | join(" ")' out >failed
	while [ $# -gt 0 ]; do
		printf '%s ipv4 %s\n%s ipv6 %s\n' "$1" "$2" "$1" "$2"
		shift 2
	done >expected
	same "$variant with $policy.ferm: what fails" expected failed
}
swap blocked allow-uid "$chroot" "$yes" "$group" "$yes" "$uuidd" "$yes"
swap blocked net-cls "$group" "$yes" "$robot" "$yes"
swap allow-uid blocked "$chroot" "$no" "$group" "$no" "$uuidd" "$no"
swap allow-uid net-cls "$chroot" "$no" "$uuidd" "$no" "$robot" "$yes"
swap net-cls blocked "$group" "$no" "$robot" "$no"
swap net-cls allow-uid "$chroot" "$yes" "$uuidd" "$yes" "$robot" "$no"

# A variant's own policy in its own place changes nothing.
run_json --policy "buildd=ferm:$scenario/net-cls.ferm" --variant net-cls "$scenario"
ends_with 0 "net-cls with net-cls.ferm"

# A firewall that lets everything through
echo 'table inet none { }' >none.nft
run_json --policy buildd=nft:none.nft --variant blocked "$scenario"
ends_with 1 "no rules"
report_has 'all(.scenarios[].variants[].probes[] | select(.name != "the package has come");
	.passed == (.expected | startswith("reject") | not))' "no rules"
report_has 'all(.scenarios[].variants[].probes[]; .outcome | IN("allowed", "exited"))' "no rules"

finish
