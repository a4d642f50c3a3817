#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The rule that decided is the right one, also where rules count, where they look at connections, where
# they lead from chain to chain, and where there are hundreds of them.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

run_json "$data/decisions"
ends_with 0 "as it is"
report_has '.totals == {passed: 54, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "as it is"
of() { # VARIANT-REGEX CONDITION: all denies of these variants
	report_has "[.scenarios[].variants[] | select(.name | test(\"$1\")) | .probes[] |
		select(.outcome != \"allowed\")] | length > 0 and all(.[]; .evidence.line and ($2))" "$1"
}
of '^(limit|hashlimit)' '.name == "the second one" and (.why | test("dropped it at its input"))'
of '^replies' '.why | test("server dropped the answer at its output")'
of '^invalid' '.name != "a datagram" and (.why | test("back dropped the answer at its forward"))'
of '^chains' '.evidence.line == if .name == "a datagram" then 28 elif .family == "ipv4" then 17 else 18 end'

# The way to the rule, through a map, a jump and a goto.
fwlab explain --variant chains --family ipv4 "$data/decisions" "the first one"
ends_with 0 "explain"
for line in 'meta l4proto \. th dport vmap @services  .*chains\.nft:27' 'chain web' \
	'ct state new goto refuse  .*chains\.nft:21' 'chain refuse' \
	'ip saddr @clients reject with tcp reset comment "not here"  .*chains\.nft:17.*rejected here'; do
	check "explain: $line" grep -qE -e "$line" "$work/out"
done

# Rules that a rule holds, which the kernel keeps in a chain that it has named itself.
run_json "$data/blocks"
ends_with 0 "blocks"
report_has 'all(.scenarios[].variants[].probes[] | select(.name != "none");
	.evidence.line == (.name | ltrimstr("line ") | tonumber) and .evidence.chain == "input" and .evidence.handle)' "blocks"
fwlab explain --family ipv4 "$data/blocks" "line 12"
ends_with 0 "explain a block"
for line in 'tcp dport 80 jump \{ \.\.\. \}  .*blocks\.nft:12' 'jump other  .*blocks\.nft:12' \
	'reject with tcp reset  .*blocks\.nft:12.*rejected here' 'ip saddr 10\.9\.9\.9 accept  .*blocks\.nft:12'; do
	check "explain a block: $line" grep -qE -e "$line" "$work/out"
done

# Rules that hand packets to a program, an IPS that is down: they drop them.
run_json "$data/queue"
ends_with 0 "queue"
report_has 'all(.scenarios[].variants[].probes[] | select(.name != "bypass"); .evidence.kind == "rule" and
	.evidence.line == (.name | ltrimstr("line ") | tonumber) and (.why | test("nobody listens at the rule.s queue")))' "queue"

# Five hundred rules, of which the i-th drops port 10000 + i; line i + 10 of each file.
mkdir many
{
	printf 'table inet fw {\n\tchain input {\n\t\ttype filter hook input priority 0;\n\n\n\n\n\n\n\n'
	for i in $(seq 500); do
		printf '\t\ttcp dport %d drop comment "rule %d of many"\n' $((10000 + i)) "$i"
	done
	printf '\t}\n}\n'
} >many/many.nft
{
	printf '*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n\n\n\n\n\n\n'
	for i in $(seq 500); do
		printf -- '-A INPUT -p tcp --dport %d -m comment --comment "rule %d of many" -j DROP\n' $((10000 + i)) "$i"
	done
	printf 'COMMIT\n'
} >many/many.rules
{
	echo 'name: many'
	echo 'hosts: { client: , server: { services: [ tcp/10501 ] } }'
	echo 'variants:'
	echo '  nft: { server: { nft: many.nft } }'
	echo '  legacy: { server: { iptables-legacy: many.rules, ip6tables-legacy: many.rules } }'
	echo '  iptables: { server: { iptables-nft: many.rules, ip6tables-nft: many.rules } }'
	echo 'probes:'
	for i in 1 2 249 250 499 500; do
		echo "  - { name: rule $i, from: client, connect: server:$((10000 + i)), expect: { outcome: drop, at: server, by: rule $i of many } }"
	done
	echo '  - { name: none, from: client, connect: server:10501, expect: allow at server }'
} >many/scenario.yaml
run_json many
ends_with 0 "many"
report_has '.totals == {passed: 42, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "many"
report_has 'all(.scenarios[].variants[].probes[] | select(.name != "none");
	.evidence.line == ((.name | ltrimstr("rule ") | tonumber) + 10) and (.evidence.file | test("many\\.(nft|rules)$")))' "many"

# Root of a lab in a user namespace of its own may not send the kernel so much at once: no word on the policy.
mkdir large
for kind in nft rules; do
	grep -v -e COMMIT -e '^[[:space:]]*}' many/many.$kind >large/many.$kind
	last=$(tail -n 1 large/many.$kind)
	for i in $(seq 3000); do
		printf '%s\n' "$last"
	done >>large/many.$kind
done
printf '\t}\n}\n' >>large/many.nft
echo COMMIT >>large/many.rules
echo 'iptables-nft-restore <many.rules' >large/many.sh
{
	echo 'name: large'
	echo 'hosts: { client: , server: { services: [ tcp/10501 ] } }'
	echo 'variants:'
	echo '  none: {}'
	echo '  nft: { server: { nft: many.nft } }'
	echo '  iptables: { server: { iptables-nft: many.rules } }'
	echo '  script: { server: { script: many.sh } }'
	echo '  refused: { server: { nft: many.nft, refused: a reason } }'
	echo 'probes:'
	echo '  - name: whose'
	echo '    from: client'
	echo '    run: grep -q 4294967295 /proc/self/uid_map'
	echo '    expect: exit 0'
} >large/scenario.yaml
fwlab run --variant nft --variant iptables --variant script large
ends_with 0 "3500 rules"
echo 'jails: true' >>large/scenario.yaml
fwlab run --variant none large
if [ "$status" -eq 1 ]; then # the machine lets it be so
	for variant in nft iptables script refused; do
		fwlab run --variant $variant large
		ends_with 3 "3500 rules of $variant, in a lab with jails"
		check "3500 rules of $variant: why, and what to do" grep -qE \
			"root of the machine .*: Message too long; run fwlab as root, and without 'jails' in the scenario$" out
	done
fi

finish
