#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is wrong with a policy is said, whoever finds it, and counts as the policy's fault or the machine's.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

cat >scenario.yaml <<'END'
name: words
hosts:
  client:
  server: { services: [ tcp/80 ] }
variants:
  half: { server: { script: half.sh } }
  good: { server: { script: good.sh } }
probes:
  - { name: web, from: client, connect: "server:80", family: ipv4, expect: allow }
END
printf 'iptables -A INPUT -p tcp --dprt 81 -j DROP\nnosuchcommand\ntrue\n' >half.sh
printf 'iptables -A INPUT -p tcp --dport 81 -j DROP\necho fine\n' >good.sh

# A script that goes on after its errors.
fwlab run scenario.yaml
ends_with 0 "half a policy"
check "half a policy: who, and where" grep -qF "    warn  server: half.sh (scenario.yaml:6:29) was loaded, but said:" out
check "half a policy: the tool's words" grep -qE "^          iptables .*unknown option .--dprt" out
check "half a policy: the shell's" grep -qE "half.sh: 2: nosuchcommand: not found" out
check "a whole one: nothing" [ "$(grep -c warn out)" -eq 1 ]
run_json scenario.yaml
report_has '[.scenarios[].variants[].warnings | length] == [1, 0]' "half a policy"
report_has '.scenarios[0].variants[0].warnings[0] | .host == "server" and .kind == "script" and .file == "half.sh" and
	.place == "scenario.yaml:6:29" and (.said | test("--dprt") and test("nosuchcommand: not found"))' "half a policy"
fwlab explain --variant half scenario.yaml web
check "half a policy, explained" grep -q "half.sh: 2: nosuchcommand: not found" out
fwlab run --variant good --policy server=script:half.sh scenario.yaml
check "half a policy of the command line" grep -qF "warn  server: half.sh was loaded, but said:" out

# Nothing but comments is taken by every tool, and is hardly what was meant.
printf '# as it was\n\n' >empty.nft
fwlab run --variant good --policy server=nft:empty.nft scenario.yaml
check "an empty policy" grep -qF "server: empty.nft was loaded, but said:" out
check "an empty policy, why" grep -qF "there is nothing in it" out

# Refused: by whose fault, and no word of a table that is not the user's.
refuses() { # STATUS REGEX RULE
	for bare in '' --bare; do
		printf 'table inet fw {\n\tchain a {\n\t\t%s\n\t}\n}\n' "$3" >refused.nft
		# shellcheck disable=SC2086 # no word, or one
		fwlab run $bare --variant good --policy server=nft:refused.nft scenario.yaml
		ends_with "$1" "$3 $bare"
		check "$3 $bare: says $2" grep -qE "$2" out
		check "$3 $bare: where" grep -qE "refused.nft:[23]:[0-9]+: error: " out
		check "$3 $bare: not our table" sh -c '! grep -qE "table.*fwlab" out'
	done
}
base='type filter hook input priority 0;'
refuses 2 'Error: .*No such file or directory$' "$base; tcp dport 80 jump nosuch"
refuses 2 'Error: .*Too many links$' "$base; jump b; }; chain b { jump c; }; chain c { jump b"
refuses 2 'Error: .*Operation not supported$' 'type nat hook forward priority 0;'
refuses 2 'Error: .*Operation not supported$' "$base; masquerade"
zcat /proc/config.gz 2>/dev/null | grep -q '^# CONFIG_NFT_QUEUE is not set' &&
	refuses 3 'this kernel may lack queues .CONFIG_NFT_QUEUE' "$base; tcp dport 80 queue num 5"

# Time is over: what was it about?
late() { # WHAT LINE
	cat >late.yaml <<-END
		name: late
		limits: { time: 1s }
		hosts:
		  client:
		  server: { services: [ tcp/80$service ] }
		$policies
		probes:
		  - { name: one, from: client, $probe, expect: $expect }
	END
	fwlab run late.yaml
	ends_with 3 "$1"
	check "$1: says so" grep -qF "the lab has been ended after 1 s, while $2; 'limits: { time: ... }' gives it more" out
}
echo 'sleep 1000' >hang.sh
service='' policies='policies: { server: { script: hang.sh } }' probe='connect: "server:80"' expect=allow
late "a policy that hangs" "policy hang.sh of host server was loaded"
policies='' probe='run: [ sleep, "1000" ]' expect='exit 0'
late "a probe that hangs" "probe 'one' was under way"
service=', { run: [ sleep, "1000" ], ready: tcp/81 }'
late "a daemon that hangs" "service 'sleep' of host server was awaited"

finish
