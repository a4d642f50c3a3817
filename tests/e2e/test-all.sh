#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# All the scenarios there are, as lab/run runs them: they pass, and what is skipped is so for what the kernel
# lacks. Programs are no reason: lab/run installs them.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

run_json --jobs 2 "$root/scenarios"
ends_with 0 "all scenarios"
report_has '.totals | .passed > 0 and .failed == 0 and .inconclusive == 0' "all scenarios"
jq -r '.scenarios[].name' out | sort >run
find "$root/scenarios" -name scenario.yaml -exec sed -n 's/^name: *//p' {} + | sort >there
same "all scenarios: each of them" run there
report_has '[.scenarios[].variants[].skipped.reason // empty | select(test("there is no program"))] == []' \
	"all scenarios: programs"
jq -r '.scenarios[] | .name as $s | .variants[] | select(.skipped) | "skipped: \($s), \(.name): \(.skipped.reason)"' out

# What a scenario needs is what lab/run installs.
# shellcheck source=lab/packages.sh
. "$root/lab/packages.sh"
printf '%s\n' "$PACKAGES_RUN" | tr -s '|\t ' '\n' >installed
sed -n 's/^ *- *{.*package: *\([a-z0-9+.-]*\).*/\1/p' "$root"/scenarios/*/scenario.yaml | sort -u >needed
while IFS= read -r package; do
	check "$package is in lab/packages.sh" grep -qx "$package" installed
done <needed

finish
