#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The report for CI: XML whatever stands in it, which counts what the other reports count.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
command -v xmllint >/dev/null || skip "there is no xmllint"

counts() { # WHAT FILE TESTS FAILURES ERRORS SKIPPED
	check "$1: it is XML" xmllint --noout "$2"
	for count in "testcase $3" "failure $4" "error $5" "skipped $6"; do
		check "$1: $count" [ "$(xmllint --xpath "count(//${count% *})" "$2")" = "${count#* }" ]
	done
	for sum in tests:testcase failures:failure errors:error skipped:skipped; do
		check "$1: ${sum%:*} are counted" [ "$(xmllint --xpath \
			"sum(//testsuite/@${sum%:*}) = count(//${sum#*:})" "$2")" = true ]
	done
}

cat >drop.nft <<'END2'
table ip fw { chain i { type filter hook input priority 0; tcp dport 80 drop comment "<&>"; }; }
END2
echo "garbage <&> {" >garbage.nft
cat >mixed.yaml <<'END2'
name: mixed
hosts: { a: {}, b: { services: [ tcp/80 ] } }
variants:
  open: {}
  closed: { b: { nft: drop.nft } }
  refused: { b: { nft: garbage.nft, refused: "something else" } }
  left-out: {}
needs: [ { program: no-such-program, package: none, variants: [ left-out ] } ]
probes:
  - { name: '<a> & "b"', from: a, family: ipv4, connect: "b:80", expect: allow }
  - { name: raw, from: a, run: { argv: [ printf, '\033[1m]]>&\377\357\277\276\357\277\277' ], exit: 1 } }
END2
fwlab run --report junit=mixed.xml --report text mixed.yaml
ends_with 1 "a mixed run"
counts "a mixed run" mixed.xml 6 4 0 1
check "the rule is told" grep -q 'drop.nft:1' mixed.xml
check "what was wrong is in an attribute" [ "$(xmllint --xpath \
	'string(//testsuite[2]/testcase[1]/failure/@message)' mixed.xml)" = \
	"expected allow, but it was dropped (by b)" ]
check "a name is as it was" [ "$(xmllint --xpath 'string(//testcase[1]/@name)' mixed.xml)" = '<a> & "b" ipv4' ]

# What a tool has said is of lines, here and on standard error, none of which could be one of fwlab's own.
printf 'fwlab: fine {\n' >"forged.nft"
cat >lines.yaml <<'END2'
name: lines
hosts: { a: {} }
policies: { a: { nft: forged.nft } }
probes: [ { name: itself, from: a, ping: a, expect: allow } ]
END2
fwlab run --report junit=lines.xml lines.yaml
ends_with 2 "a policy that is refused"
counts "a policy that is refused" lines.xml 1 0 1 0
check "its words stand on lines" [ "$(xmllint --xpath 'string(//error/@message)' lines.xml | wc -l)" -gt 2 ]
check "on standard error, too" [ "$(wc -l <err)" -gt 2 ]
check "on standard error, all but the first are indented" [ "$(grep -c '^[^ ]' err)" -eq 1 ]
check "nothing is spelt out" sh -c '! grep -F "\\n" lines.xml err'

# What a policy says though it is taken is told, too.
cat >warns.sh <<'END2'
#!/bin/sh
echo "rule <3> & more" >&2
END2
cat >warns.yaml <<'END2'
name: warns
hosts: { a: {} }
policies: { a: { script: warns.sh } }
probes: [ { name: itself, from: a, ping: a, expect: allow } ]
END2
fwlab run --report junit=warns.xml --report text warns.yaml
ends_with 0 "a policy that warns"
counts "a policy that warns" warns.xml 2 0 0 0
check "its words are there" [ "$(xmllint --xpath 'contains(//system-err, "rule <3> & more")' warns.xml)" = true ]

# What the lab could not tell is no failure of the policy's.
cat >died.yaml <<'END2'
name: died
limits: { time: 1s }
hosts: { a: {} }
probes: [ { name: for ever, from: a, run: { argv: [ sleep, "600" ], exit: 0 }, timeout: 60s } ]
END2
fwlab run --report junit=died.xml --report text died.yaml
ends_with 3 "a lab that was ended"
counts "a lab that was ended" died.xml 1 0 1 0
finish
