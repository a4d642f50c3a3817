#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What NAT makes of an allowed packet is told, whatever tool asked for it, with or without instruments.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# The same holds for the probes of this name in all of these variants.
nat_of() { # NAME VARIANT-REGEX CONDITION
	report_has "[.scenarios[].variants[] | select(.name | test(\"^($2)\$\")) | .probes[] |
		select(.name == \"$1\")] | length >= 2 and all(.[]; .family as \$f | .evidence.nat |
		def v(\$a; \$b): if \$f == \"ipv4\" then \$a else \$b end; $3)" "$1"
}

for options in "" --bare; do
	# shellcheck disable=SC2086 # none, or one
	run_json $options "$data/translated"
	ends_with 0 "nat $options"
	# To another host and port, and from the gateway's address there.
	nat_of dnat '.*' '.hosts == ["gateway"] and
		.before.from == v("10.8.0.1"; "fd00:8::1") and .before.from_port > 1023 and
		.before.to == v("10.8.0.254"; "fd00:8::fe") and .before.to_port == 80 and
		.after.from == v("10.9.0.254"; "fd00:9::fe") and .after.from_port > 1023 and
		.after.to == v("10.9.0.2"; "fd00:9::2") and .after.to_port == 8080'
	nat_of 'dnat over udp' '.*' '.before.to_port == 80 and .after.to_port == 80 and
		.after.to == v("10.9.0.2"; "fd00:9::2")'
	nat_of redirect '.*' '.before.to == .after.to and .before.from == .after.from and
		.before.from_port == .after.from_port and .before.to_port == 82 and .after.to_port == 81'
	nat_of masquerade '.*' '.before.to == .after.to and .before.to_port == .after.to_port and
		.before.from == v("10.8.0.1"; "fd00:8::1") and .after.from == v("10.9.0.254"; "fd00:9::fe")'
	nat_of snat '.*' '.before.from == v("10.9.0.2"; "fd00:9::2") and
		.after.from == v("10.8.0.254"; "fd00:8::fe") and .before.to == .after.to'
	nat_of 'masqueraded ping' '.*' '.before.from == v("10.8.0.1"; "fd00:8::1") and
		.after.from == v("10.9.0.254"; "fd00:9::fe") and .before.to == .after.to and
		.before.from_port == null and .after.to_port == null'
	nat_of 'redirect by the server' twice '.hosts == ["gateway", "server"] and
		.before.to_port == 8081 and .after.to_port == 8080 and
		.after.from == v("10.9.0.254"; "fd00:9::fe")'
	nat_of 'redirect by the server' 'nft|legacy|iptables-nft' '. == null' # nobody got it
	nat_of untouched '.*' '. == null'
done

# People are told of it where it went elsewhere than it was sent to.
fwlab run --variant legacy "$data/translated"
says_out() { # REGEX
	check "says $1" grep -qE -e "$1" "$work/out"
}
says_out '^    ok    dnat  .* at server .* nat to 10\.9\.0\.2:8080$'
says_out '^    ok    dnat  .* at server .* nat to \[fd00:9::2\]:8080$'
says_out '^    ok    masquerade  .* at server .* ms$'

# What is for a service of the lab comes to a daemon, who reports nothing: by NAT, or though it is for others.
run_json "$data/diverted"
ends_with 0 "diverted"
report_has '.totals == {passed: 30, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "diverted"
report_has '[.scenarios[].variants[] | select(.name == "redirect").probes[].evidence.nat.after.to_port] ==
	[3128, 3128, 3128, 3128, 3128, 3128, 3129, 3129, 84, 84]' "diverted"
run_json --bare --variant redirect "$data/diverted"
report_has 'all(.scenarios[].variants[].probes[]; if .name == "where none answers" then .outcome == "inconclusive"
	else .evidence.arrived_at == "gateway" end)' "diverted, bare"

# Errors about a translated packet come in the name of whom it was for before: it is the router's all the same.
run_json "$data/backend"
ends_with 0 "backend"
report_has 'all(.scenarios[].variants[].probes[] | select(.name | test("^no (host|route)")); .why | test("^gw has no route"))' "backend"
if [ -r /sys/kernel/btf/vmlinux ]; then
	run_json --variant untraced "$data/backend"
	report_has '.totals.passed == 10' "untraced"
fi

finish
