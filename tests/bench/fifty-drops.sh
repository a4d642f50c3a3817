#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What it costs to wait for silence: a scenario of probes that are dropped, judged by the rule that
# dropped them, beside the same with timeouts of a second (--bare).
#
#     fifty-drops.sh FWLAB [PROBES]
#
# Prints both times and their ratio; fails only if a probe was not dropped.
set -eu

fwlab=$1
probes=${2:-50}
[ "$(id -u)" -eq 0 ] || {
	echo "skipped: needs root"
	exit 77
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/policy.nft" <<'END'
table inet filter {
	chain out {
		type filter hook output priority filter; policy accept;
		tcp dport 8000-8999 drop
	}
}
END
{
	printf 'name: drops\nhosts: { a: {}, b: { services: ['
	for i in $(seq "$probes"); do printf ' tcp/%d,' "$((8000 + i))"; done
	printf ' tcp/80 ] } }\npolicies: { a: { nft: policy.nft } }\nprobes:\n'
	for i in $(seq "$probes"); do
		printf '  - { from: a, connect: "b:%d", family: ipv4, timeout: 1s, expect: drop }\n' "$((8000 + i))"
	done
} >"$work/scenario.yaml"

took() { # FWLAB-ARGUMENTS: milliseconds
	begin=$(date +%s%N)
	"$fwlab" run "$@" "$work/scenario.yaml" >"$work/out" || {
		cat "$work/out" >&2
		exit 1
	}
	echo "$((($(date +%s%N) - begin) / 1000000))"
}

traced=$(took)
timed=$(took --bare)
echo "$probes drops: $traced ms by the rule's word, $timed ms by timeouts of a second; ratio 1/$((timed / traced))"
