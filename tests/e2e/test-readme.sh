#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What the README shows is what happens.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# The scenario, as it stands there.
# shellcheck disable=SC2016 # the backticks are Markdown's
sed -n '/^```yaml$/,/^```$/p' "$root/README.md" | sed '1d;$d' >first.yaml
check "there is a scenario" grep -q '^name: first$' first.yaml
cat >server.nft <<'END'
table inet filter {
	chain in {
		type filter hook input priority filter; policy accept;
		tcp dport 22 drop
	}
}
END
run_json first.yaml
ends_with 0 "the first scenario"
report_has '.totals == {passed: 4, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "both families of both probes"
report_has '[.scenarios[].variants[].probes[] | select(.outcome == "dropped").evidence] |
	length == 2 and all(.host == "server" and .hook == "input" and .file == "server.nft" and .line == 4)' \
	"the rule's line"

# Another policy in its place is seen to be another one.
echo 'table inet filter' >new.nft
run_json --policy server=nft:new.nft first.yaml
ends_with 1 "a policy that lets all in"

# A mistake is pointed at.
sed 's/from: client, connect: "server:22"/from: cleint, connect: "server:22"/' first.yaml >mistake.yaml
fwlab run mistake.yaml
ends_with 2 "a mistake"
says "^mistake.yaml:[0-9]+:[0-9]+: error: unknown host 'cleint'; did you mean 'client'\?$" "a mistake"
starts_nothing "a mistake"

# Every command that is listed is there.
for command in run check list explain doctor help; do
	check "fwlab $command is in the README" grep -q "fwlab $command" "$root/README.md"
	check "fwlab help $command" "$fwlab" help "$command"
done

# Every lesson is listed, and every link leads somewhere.
for readme in "$root"/README.md "$root"/scenarios/README.md "$root"/scenarios/*/README.md; do
	sed -n 's/](/\n](/gp' "$readme" | sed -n 's/^](\([^):#]*\)[#)].*/\1/p' >"$work/links"
	while IFS= read -r link; do
		check "$readme: $link is there" [ -e "$(dirname "$readme")/$link" ]
	done <"$work/links"
done
for lesson in "$root"/scenarios/*/; do
	lesson=$(basename "$lesson")
	check "$lesson is in the list" grep -q "^| \[$lesson\]($lesson/README.md) | ." "$root/scenarios/README.md"
done

# The commands in the scenarios' READMEs, indented or fenced, end as these say: "# exit status N", or 0.
cd "$root" || exit 1
for readme in scenarios/*/README.md; do
	awk '/^```/ { fenced = !fenced }
		(fenced || /^    /) && sub(/^ *(fwlab|lab\/run) /, "& ") { sub(/^ *lab\/run /, "fwlab run "); sub(/^ */, ""); print }
	' "$readme" >"$work/shown"
	check "$readme: there are commands" [ -s "$work/shown" ]
	while IFS= read -r line; do
		wanted=0
		case $line in
		*'# exit status '*) wanted=${line##*# exit status } ;;
		esac
		eval "$line"
		ends_with "${wanted%%[!0-9]*}" "$readme: $line"
	done <"$work/shown"
done
cd "$work" || exit 1

finish
