#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Small scenarios, a feature each: they pass, and fail where something else is expected of them. What is
# expected never changes what comes of it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# What is expected becomes what it is not: a deny where nothing was denied, silence where there was an
# answer, any other kind of outcome; of a run another status, and of its output another text.
contradict() {
	sed -E '
		/run:/ {
			s/(exit: |expect: exit )([0-9]+)/\11\2/g
			s/output: "?/&not /
		}
		/expect:|^      [a-z-]+: / {
			s/: (allow( at [a-z-]+)?|unreachable)( *[,}]|$)/: DENY\3/g
			s/: reject( [a-z-]+)?( *[,}]|$)/: DROP\2/g
			s/: drop( *[,}]|$)/: REJECT\1/g
		}
		s/DENY/deny/g; s/DROP/drop/g; s/REJECT/reject/g' "$1"
}

for name in least router bridge hooks paths kinds order identities services circle misleading changed; do
	run_json --jobs 2 "$data/$name"
	ends_with 0 "$name"
	cp out "$name.json"
	report_has '.totals | .failed == 0 and .inconclusive == 0 and .passed > 0' "$name"
	report_has 'all(.scenarios[].variants[].probes[]; .evidence.kind | length > 0 and . != "none")' "$name"
	outcomes >before

	rm -rf copy
	cp -R "$data/$name" copy
	contradict "$data/$name/scenario.yaml" >copy/scenario.yaml
	run_json --jobs 2 copy
	ends_with 1 "$name, contradicted"
	report_has '.totals | .passed == 0 and .inconclusive == 0 and .failed > 0' "$name, contradicted"
	report_has '[.scenarios[].variants[].probes[] | select(.passed)] == []' "$name, contradicted"
	outcomes >after
	same "$name, contradicted: the outcomes" before after
done

# One set of rules has the same outcomes in every language.
cp kinds.json out
outcomes | cut -d '|' -f 2- >all
for variant in $(jq -r '.scenarios[].variants[].name' out); do
	grep "^$variant|" all | cut -d '|' -f 2- >"kind.$variant"
	same "kinds: $variant is as nft" kind.nft "kind.$variant"
done

# Where a packet arrives makes the difference.
for host in gateway other outside; do
	sed "s/jailed: allow at jail, astray/jailed: allow at $host, astray/" "$data/bridge/scenario.yaml" >copy.yaml
	cp "$data"/bridge/*.nft .
	run_json --variant jailed --filter "port 80" copy.yaml
	ends_with 1 "expected at $host"
	report_has '[.scenarios[].variants[].probes[] | select(.passed | not) | .name] | unique ==
		["from outside to the gateway'\''s port 80", "from outside to the jail'\''s own port 80"]' "expected at $host"
	report_has 'all(.scenarios[].variants[].probes[]; .outcome == "allowed" and .evidence.arrived_at == "jail")' \
		"expected at $host"
done

# Why nothing was denied
cp paths.json out
how() { # PROBE REGEX
	report_has '[.scenarios[].variants[].probes[] | select(.name == "'"$1"'")] | length > 0 and
		all(.outcome == "unreachable" and ((.how + " " + .why) | test("'"$2"'")))' "$1"
}
how "a closed tcp port" "closed port"
how "a closed udp port" "closed port"
how "no route" "no route"
how "a neighbour that is missing" "host-unreachable"
how "an IPv6 neighbour that is missing" "addr-unreachable"
how "a loop" "time.* ran out"
how "an IPv6 loop" "time.* ran out"
cp services.json out
how "a name that is not" NXDOMAIN
how "a file that is not" "HTTP 404"

# By which host
cp hooks.json out
for pair in output:client forward:router input:server; do
	report_has '[.scenarios[].variants[] | select(.name | startswith("'"${pair%:*}"'")) | .probes[] |
		select(.outcome == "rejected" and .how != "tcp-reset") | .evidence.host] | unique == ["'"${pair#*:}"'"]' \
		"hooks: who rejects at ${pair%:*}"
done

finish
