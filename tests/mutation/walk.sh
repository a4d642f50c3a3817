#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Break every rule of every policy of a scenario, one at a time: SCENARIO=FOLDER walk.sh FWLAB
#
# A probe must notice each, in some variant, or the scenario's README say why none can: in a table under
# the heading "What no probe can tell", with the columns file, rule, change and reason. A line of that table
# for a rule that does matter is an error too, and so is a mutant that is not loaded: it says nothing.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(dirname "$(readlink -f "$0")")")/e2e/lib.sh"

mutants=$(dirname "$fwlab")/tests/mutants
scenario=${SCENARIO:?the folder of a scenario, absolute}
name=$(basename "$scenario")
tab=$(printf '\t')

# The scenario as it is passes; a policy that fails anyway would make every mutant a good one.
run_json "$scenario"
ends_with 0 "$name"
report_has '.totals.passed > 0' "$name"

mkdir texts results
"$mutants" "$scenario" texts >table 2>err || fail "$name: its policies are not understood"

# One mutant, in a copy of the scenario: its results as "passed failed status".
cat >one <<-'END_OF_ONE'
	#!/bin/sh
	IFS='	'
	read -r number file line rule change variants <<-END
	$3
	END
	unset IFS
	copy=copies/$number
	mkdir -p copies
	cp -R "$2" "$copy"
	cat "texts/$number" >"$copy/$file"
	# shellcheck disable=SC2086 # words
	"$1" run --fail-fast --report "json=results/$number.json" $variants "$copy" >/dev/null 2>"results/$number.err"
	status=$?
	rm -r "$copy"
	echo "$(jq -r '.totals | "\(.passed) \(.failed)"' "results/$number.json") $status" >"results/$number"
END_OF_ONE
chmod +x one
tr '\n' '\0' <table | xargs -0 -n 1 -P 2 ./one "$fwlab" "$scenario"

# "file TAB rule TAB change" of each line of the README's table; a file may be a pattern.
# shellcheck disable=SC2016 # the backticks are Markdown's
sed -n '/^## What no probe can tell/,/^## [^W]/p' "$scenario/README.md" |
	sed -n 's/^| `\([^`]*\)` | `\([^`]*\)` | `\([^`]*\)` | .*[^ ].* |$/\1\t\2\t\3/p' >listed

is_listed() { # FILE RULE CHANGE
	while IFS=$tab read -r pattern listed_rule listed_change; do
		# shellcheck disable=SC2254 # a pattern
		case $1 in
		$pattern) [ "$listed_rule$tab$listed_change" = "$2$tab$3" ] && return ;;
		esac
	done <listed
	false
}

# Whether probes can indeed not tell what a line of the list says: neither it is killed nor is there none.
# shellcheck disable=SC2317 # check calls it
holds() { # PATTERN RULE CHANGE
	found=false
	while IFS=$tab read -r status file rule change; do
		# shellcheck disable=SC2254 # a pattern
		case $file in
		$1) [ "$rule$tab$change" = "$2$tab$3" ] || continue ;;
		*) continue ;;
		esac
		[ "$status" -eq 0 ] || return
		found=true
	done <fates
	$found
}

total=0 killed=0 excused=0 skipped=0
while IFS=$tab read -r number file line rule change _; do
	total=$((total + 1))
	read -r passed failed status <"results/$number"
	if [ "$status" -eq 0 ] && [ "$((passed + failed))" -eq 0 ]; then
		skipped=$((skipped + 1))
		continue
	fi
	printf '%s\t%s\t%s\t%s\n' "$status" "$file" "$rule" "$change" >>fates
	if [ "$status" -eq 0 ] && is_listed "$file" "$rule" "$change"; then
		excused=$((excused + 1))
		continue
	fi
	killed=$((killed + (status == 1)))
	cat "results/$number.err" >err
	jq -r '.scenarios[].variants[].error // empty' "results/$number.json" >out
	check "$file:$line: $rule: $change: a probe fails, not status $status" [ "$status" -eq 1 ]
done <table
while IFS=$tab read -r file rule change; do
	check "no probe can tell, as the README says: $file: $rule: $change" holds "$file" "$rule" "$change"
done <listed
check "$name: there is something to break" [ "$total" -gt 0 ]
echo "$name: $total mutants, $killed killed, $excused listed, $skipped skipped here"
finish
