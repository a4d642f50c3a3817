#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What this machine lacks is skipped, and said; what is meant to be refused is, with the words that were
# asked for; a run that is to end at the first failure does.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

scenario=$data/skipped

# This machine has no net_cls.
grep -v '^net_cls' /proc/cgroups >cgroups
mount --bind cgroups /proc/cgroups

run_json "$scenario"
ends_with 0 "skipped"
report_has '.totals == {passed: 2, failed: 0, inconclusive: 0, skipped: 6, refused: 0}' "skipped"
report_has '[.scenarios[].variants[] | [.name, (.probes | length), .skipped.count]] ==
	[["plain", 2, null], ["missing", 0, 2], ["classes", 0, 2], ["both", 0, 2]]' "skipped: by variant"
report_has '.scenarios[].variants | .[0].skipped == null and
	(.[1].skipped | .reason == "there is no program '\''no-such-program'\''" and
	 .cure == "install the package '\''no-such-package'\''") and
	(.[2].skipped.reason | test("net_cls cgroups are not")) and (.[3].skipped.reason | test("no-such-program.*; .*net_cls"))' \
	"skipped: reasons and cures"
fwlab run "$scenario"
check "the last line says so" sh -c 'tail -n 1 out | grep -q "2 passed, 0 failed, 0 inconclusive, 6 skipped in 4"'
check "the reason is shown" grep -q "why *there is no program 'no-such-program'" out
check "the cure is shown" grep -q "cure *install the package 'no-such-package'" out
fwlab run --no-skip "$scenario"
ends_with 3 "--no-skip"
check "--no-skip: what can be run is" grep -q '^fwlab: 2 passed, 0 failed, 0 inconclusive, 6 skipped' out
fwlab run --no-skip --variant plain "$scenario"
ends_with 0 "--no-skip where nothing is missing"
run_json --variant both --jobs 3 "$scenario"
ends_with 0 "all is skipped"
report_has '.totals == {passed: 0, failed: 0, inconclusive: 0, skipped: 2, refused: 0}' "all is skipped"
fwlab run --variant both "$scenario"
starts_nothing "all is skipped"

# What some probes need, and others do without
sed -e 's/^  - { feature: net_cls.*/  - { program: no-such-program, package: no-such-package, variants: [plain], probes: [web] }/' \
	-e '/^  - { program: no-such-program.*both/d' -e '$a\  - { name: other, from: client, connect: "server:80", expect: allow }' \
	"$scenario/scenario.yaml" >probes.yaml
run_json --variant plain --variant missing probes.yaml
ends_with 0 "a probe's need"
report_has '.totals == {passed: 6, failed: 0, inconclusive: 0, skipped: 2, refused: 0}' "a probe's need"
report_has '[.scenarios[].variants[] | [.name, (.probes | map(.name) | unique), .skipped.count]] ==
	[["plain", ["other"], 2], ["missing", ["other", "web"], null]]' "a probe's need"
report_has '.scenarios[].variants[0].skipped.cure == "install the package '\''no-such-package'\''"' "a probe's need"
run_json --variant plain --filter web probes.yaml
report_has '.totals == {passed: 0, failed: 0, inconclusive: 0, skipped: 2, refused: 0}' "a probe's need: all is skipped"
fwlab run --no-skip --variant plain probes.yaml
ends_with 3 "a probe's need, --no-skip"
fwlab run --no-skip --variant plain --filter other probes.yaml
ends_with 0 "a probe's need, --no-skip: what has none"

fwlab check "$scenario"
ends_with 0 "check"
starts_nothing "check"
check "check: what is there" grep -qx '  needs sh (package dash)' out
check "check: what is missing" grep -q "needs no-such-program (.*), which is missing here: .*; install the package" out
# A policy's tool that is not there keeps the run from loading it: check tells, once, unless 'needs' has.
ferm=$(command -v ferm)
mount --bind /dev/null "$ferm"
cat >tool.yaml <<'END2'
name: tool
hosts: { a: , b: }
variants: { one: { a: { ferm: a.ferm } }, two: { a: { ferm: a.ferm }, b: { nft: b.nft } } }
probes: [ { name: itself, from: a, ping: a, expect: allow } ]
END2
touch a.ferm b.nft
fwlab check tool.yaml
ends_with 0 "check: no tool"
starts_nothing "check: no tool"
printf '%s\n' "tool.yaml: good, its policies not loaded: 2 hosts, 2 variants, 1 probe" \
	"  needs ferm (package ferm), which is missing here: there is no program 'ferm'; install the package 'ferm'" >wanted
same "check: no tool" wanted out
fwlab run --variant one tool.yaml
ends_with 3 "run: no tool"
check "run: no tool" grep -q "install the package 'ferm'" out
sed 's/^hosts/needs: [ { program: ferm, package: ferm } ]\n&/' tool.yaml >told.yaml
fwlab check told.yaml
check "check: no tool, which is needed" [ "$(grep -c 'needs ferm' out)" -eq 1 ]
umount "$ferm"
fwlab check tool.yaml
check "check: the tool is there" [ "$(wc -l <out)" -eq 1 ]

fwlab list "$scenario"
check "list" grep -qx '  needs     net_cls, for classes, both' out
fwlab explain --variant classes "$scenario" web
ends_with 0 "explain what is skipped"
check "explain what is skipped" grep -q '^skipped, classes: skipped$' out

# A scenario whose hosts have what this machine lacks fails where it does not say that it needs that.
sed -e 's/^  client:.*/  client: { cgroups: { c: { net_cls: "10:10" } } }/' "$scenario/scenario.yaml" >classes.yaml
run_json --variant classes classes.yaml
ends_with 0 "net_cls, needed"
sed '/^needs:/,/^variants:/ { /^variants:/!d }' classes.yaml >unsaid.yaml
run_json --variant classes unsaid.yaml
ends_with 3 "net_cls, not needed"
report_has '.totals.inconclusive == 2 and .totals.skipped == 0' "net_cls, not needed"
umount /proc/cgroups
run_json --variant classes classes.yaml
report_has '.totals == {passed: 2, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "net_cls is back"

# Policies that are meant to be refused
scenario=$data/refused
run_json --jobs 2 "$scenario"
ends_with 0 "refused"
report_has '.totals == {passed: 11, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "refused"
report_has '[.scenarios[].variants[] | select(.refusals != [])] | length == 8 and all(.probes == [])' "refused: no probe"
report_has 'all(.scenarios[].variants[].refusals[]; .passed and (.said | length > 0))' "refused: with words"
report_has '[.scenarios[].variants[] | select(.name == "two").refusals[].host] == ["client", "server"]' "refused: both"
fwlab run --variant ferm "$scenario"
check "refused: the line" grep -q "ok    server's policy is refused  misspelt.ferm:1: Chain must be specified" out
run_json --filter 'policy is refused' --variant good --variant two "$scenario"
report_has '.totals.passed == 2 and [.scenarios[].variants[].name] == ["two"]' "refused: by filter"
run_json --filter client "$scenario"
report_has '.totals.passed == 1' "refused: one by filter"
fwlab run --filter web --variant two "$scenario"
ends_with 2 "refused: a filter that matches nothing"

# With other words, or none, it fails; what was expected of another policy is expected of this one.
sed -E '/refused:/ s/refused: ("[^"]*"|'\''.*'\''|[a-z]+) /refused: "other words" /g' "$scenario/scenario.yaml" >other.yaml
cp "$scenario"/*.nft "$scenario"/*.ferm "$scenario"/misspelt.v4 "$scenario"/misspelt.sh .
run_json other.yaml
ends_with 1 "other words"
report_has '.totals == {passed: 2, failed: 9, inconclusive: 0, skipped: 0, refused: 0}' "other words"
report_has 'all(.scenarios[].variants[].refusals[]; (.passed | not) and .expected == "other words" and
	(.complaint | test("not with these words")) and (.said | length > 0))' "other words"
run_json --policy "server=nft:$scenario/closed.nft" --variant nft --variant kernel "$scenario"
ends_with 1 "a policy that loads"
report_has '.totals == {passed: 0, failed: 2, inconclusive: 0, skipped: 0, refused: 0} and
	all(.scenarios[].variants[].refusals[]; .said == null and (.complaint | test("was loaded")))' "a policy that loads"
fwlab run --variant good --policy "server=nft:$scenario/misspelt.nft" "$scenario"
ends_with 2 "a policy that is not meant to be refused"
# One that is refused beside one that is not meant to be
sed 's/client: { nft: misspelt.nft, refused: "syntax" }/client: { nft: misspelt.nft }/' "$scenario/scenario.yaml" >beside.yaml
run_json --variant two beside.yaml
ends_with 2 "a policy beside it"
report_has '.totals.passed == 0 and .totals.inconclusive == 1' "a policy beside it"
fwlab explain --variant nft "$scenario" web
ends_with 0 "explain"
check "explain" grep -q "^refused, nft: server's policy is refused$" out

# The first failure
printf 'table inet none\n' >none.nft
run_json --fail-fast --policy server=nft:none.nft --variant good "$scenario"
ends_with 1 "--fail-fast"
report_has '.totals == {passed: 0, failed: 1, inconclusive: 0, skipped: 1, refused: 0}' "--fail-fast"
report_has '.scenarios[].variants[] | (.probes | length) == 1 and (.skipped.reason | test("first outcome"))' "--fail-fast"
for jobs in 1 3; do
	run_json --fail-fast --jobs $jobs other.yaml "$scenario"
	ends_with 1 "--fail-fast, --jobs $jobs"
	report_has '.totals == {passed: 2, failed: 1, inconclusive: 0, skipped: 8, refused: 0} and (.scenarios | length == 1)' \
		"--fail-fast, --jobs $jobs"
done
run_json --fail-fast "$data/least"
report_has '.totals == {passed: 2, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "--fail-fast where nothing fails"

finish
