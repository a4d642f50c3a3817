#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is chosen by options is what is run, and reports say the same whichever way they are asked for.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

scenario=$root/scenarios/pbuilder-apt

# A text report without what differs from run to run: times, and the ports that the kernel has chosen.
steady() {
	sed -E -e 's/ *\b[0-9.]+ (ms|s)\b//g' -e 's/:[0-9]+ > / > /' "$1"
}

run_json --jobs 1 "$scenario" "$data/order"
ends_with 0 "--jobs 1"
outcomes >one
for jobs in "--jobs 4" "-j 2" "-j64"; do
	# shellcheck disable=SC2086 # words
	run_json $jobs "$scenario" "$data/order"
	ends_with 0 "$jobs"
	outcomes >many
	same "$jobs: the same report, in the same order" one many
done

fwlab run --report text --report json=report.json --report text=report.txt "$data/order"
ends_with 0 "three reports"
check "three reports: two of a kind are the same" cmp out report.txt
check "three reports: JSON" jq -e '.totals.passed == 10' report.json
check "three reports: text" grep -q '^fwlab: 10 passed, 0 failed, 0 inconclusive in 5 variants' out
check "three reports: no colours in a file" [ -z "$(tr -dc '\033' <out)" ]
fwlab run --colour always "$data/least"
check "colours when they are wanted" [ -n "$(tr -dc '\033' <out)" ]

run_json --variant net-cls --variant blocked "$scenario"
ends_with 0 "two variants"
report_has '[.scenarios[].variants[].name] == ["blocked", "net-cls"]' "two variants"
run_json --filter ROBOT "$scenario"
ends_with 0 "--filter"
report_has '[.scenarios[].variants[].probes[].name | select(test("robot") | not)] == []' "--filter"
report_has '.totals.passed == 48' "--filter"
run_json --filter robot --variant no-ndp "$scenario" "$data/order"
report_has '[.scenarios[].name] == ["pbuilder-apt"] and .totals.passed == 8' "--filter and --variant"
run_json "$data/least" "$data/order" "$data/least/scenario.yaml"
report_has '[.scenarios[].name] == ["least", "order", "least"]' "several scenarios, in order"

# A failing probe's story has what it takes to repeat it.
fwlab run --policy "buildd=ferm:$scenario/blocked.ferm" --variant allow-uid --filter uuidd "$scenario"
ends_with 1 "a failing run"
check "a failing run: is not called a success" grep -q '^fwlab: 0 passed, 2 failed, 0 inconclusive' out
again=$(sed -n 's/^ *again *//p' out | head -n 1)
check "a failing run: again: $again" [ -n "$again" ]
cp out first
status=0
sh -c "$again" >out 2>err || status=$?
ends_with 1 "again"
steady first >first.steady
steady out >out.steady
same "again: the same" first.steady out.steady

# From any folder, by any name
cd "$data/least" || exit 1
fwlab run .
ends_with 0 "the folder one is in"
fwlab run scenario.yaml
ends_with 0 "the file in the folder one is in"
cd "$work" || exit 1
mkdir 'a folder'
cp "$data/kinds/"* 'a folder'
fwlab run --variant script --variant iptables 'a folder/'
ends_with 0 "a folder with a blank in its name"

# A policy of the user's own, from wherever it is.
for folder in /tmp /mnt; do
	mkdir "$folder/of the user"
	cp "$data/order/close.nft" "$data/order/close.v4" "$folder/of the user"
	printf '#!/bin/sh\nset -e\n. ./more.sh\n' >"$folder/of the user/policy"
	echo 'nft -f close.nft' >"$folder/of the user/more.sh"
	chmod +x "$folder/of the user/policy"
	for policy in nft:close.nft script:policy; do
		run_json --policy "fw=${policy%:*}:$folder/of the user/${policy#*:}" --variant open "$data/order"
		ends_with 1 "$policy in $folder"
		report_has '[.scenarios[].variants[].probes[].how] == ["tcp-reset", "tcp-reset"]' "$policy in $folder"
	done
	rm -r "$folder/of the user"
done

fwlab check "$scenario" "$data/least"
ends_with 0 "check"
starts_nothing "check"
check "check: policies are for their tools to judge" grep -qE ': good, its policies not loaded: [0-9]+ hosts, 9 variants' out
check "check: no policy is none to judge" grep -q 'least/scenario.yaml: good: 2 hosts, 1 variant, 1 probe$' out
# A report is not written to what the run is made of: nothing is, then.
mkdir mine
cp "$data"/least/* mine
echo 'table inet t { }' >own.nft
ln own.nft linked
cp mine/scenario.yaml untouched
for report in mine/scenario.yaml ./mine/../mine/scenario.yaml own.nft linked; do
	fwlab run --policy "client=nft:own.nft" --report json=first.json --report "json=$report" mine
	ends_with 2 "a report to $report"
	says "^fwlab run: the json report cannot go to '$report', which is (scenario 'mine/scenario.yaml'|a policy of this run)$" \
		"a report to $report"
	check "a report to $report: no file is opened" [ ! -e first.json ]
done
same "reports: the scenario is as it was" untouched mine/scenario.yaml
check "reports: so is the policy" grep -qx 'table inet t { }' own.nft

fwlab list "$scenario"
ends_with 0 "list"
starts_nothing "list"
check "list: what a probe is for, and what is expected" \
	grep -q 'from buildd as www-robots, mirror:80/tcp, expects reject admin-prohibited$' out
check "list: a command line" grep -q 'from buildd as root in pbuilder, getent passwd 100, expects exit 0$' out
check "list: by variant" grep -q 'apt-get update, expects allow-uid: allow at mirror; else: reject admin-prohibited$' out
check "list: by variant and family" \
	grep -q 'Release, expects no-ndp ipv4: allow at mirror; no-ndp ipv6: reject at buildd, .*; else: allow at mirror$' out
cat >nested.yaml <<'END2'
name: nested
hosts: { a: , b: }
variants: { one: , two: , three: }
probes:
  - { name: nested, from: a, ping: b, expect: { one: { ipv4: drop, else: allow }, two: deny, else: { ipv6: allow, else: reject } } }
  - { name: "a list", from: a, run: { argv: [ printf, "%s", "a b", c ] }, expect: exit 0 }
  - { name: "a shell's", from: a, run: { argv: [ sh, -c, "exit 0" ] }, expect: exit 0 }
  - { name: "a line", from: a, run: "exit 0", expect: exit 0 }
END2
fwlab list nested.yaml
ends_with 0 "list: nested maps"
cp out list
check "list: by family in a variant, and in all others" grep -q \
	'expects one ipv4: drop; one else: allow; two: deny; else ipv6: allow; else: reject$' out
run_json --variant one --filter a nested.yaml
jq -r '.scenarios[].variants[].probes[] | select(.family == null) | .target' out >targets
printf '%s\n' 'printf %s a b c' 'sh -c exit 0' 'exit 0' >wanted
same "reports: what is run, as list has it" wanted targets
check "list: the same" grep -q 'as root, printf %s a b c, expects' list
fwlab list "$data/explain"
check "list: by family" grep -q '  from client as web, server, expects ipv4: drop; ipv6: allow$' out
check "list: a port" grep -q '  from client as web, gateway:8080/tcp, expects allow at server$' out
for words in --help --version help "help run" "run --help" "help --man" "help --completion"; do
	# shellcheck disable=SC2086 # words
	fwlab $words
	ends_with 0 "fwlab $words"
	starts_nothing "fwlab $words"
	check "fwlab $words: says something" [ -s out ]
	check "fwlab $words: on standard output" [ ! -s err ]
done

finish
