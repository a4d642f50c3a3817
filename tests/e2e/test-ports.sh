#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Many ports in one probe: each is judged by itself, and what is alike is told once.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

shows() { # REGEX WHAT
	check "$2: shows $1" grep -qE -e "$1" "$work/out"
}

# Two ports, 1023, and 199; over both families.
fwlab run --variant good "$data/ports"
ends_with 0 "a policy without a hole"
shows '^fwlab: 2448 passed, 0 failed' "a policy without a hole"
shows 'ok +what is open: 22 +ipv4 +allowed' "a policy without a hole"
shows 'ok +no other way in: 444-1024 +ipv6 +dropped .*good.nft:3$' "a policy without a hole"
shows 'ok +nor for datagrams: 54-200 +ipv6 +rejected port-unreachable .*good.nft:7$' "a policy without a hole"
check "a line for each stretch, not for each port" [ "$(grep -c '^ *ok ' "$work/out")" -eq 16 ]

# A hole is one with nothing behind it, too: the stretch that it cuts in two passes around it.
fwlab run --variant holed "$data/ports"
ends_with 1 "a policy with holes"
shows '^fwlab: 2425 passed, 23 failed' "a policy with holes"
for family in ipv4 ipv6; do
	shows "ok +no other way in: 23-299 +$family +dropped" "around a hole"
	shows "FAIL +no other way in: 300-309 +$family +unreachable closed port" "a hole"
	shows "ok +no other way in: 310-442 +$family +dropped" "around a hole"
	shows "FAIL +no other way in: 8443 +$family +unreachable closed port" "a hole of one port"
done
shows '^ +ports +10, all alike' "a hole"
shows "^ +again .* --filter 'no other way in: 300'" "a hole"
shows 'ok +nor for datagrams: 54-200 +ipv4' "one family"
shows 'ok +nor for datagrams: 54-99 +ipv6' "one family"
shows 'FAIL +nor for datagrams: 100 +ipv6 +dropped .*holed.nft:7$' "one family"
shows 'ok +nor for datagrams: 101-200 +ipv6' "one family"

# A report for machines has them all.
run_json --variant holed --filter "way in: 30" "$data/ports"
ends_with 1 "some of them"
report_has '[.scenarios[].variants[].probes[].name] | length == 22 and (unique | length) == 11' "some of them"
report_has '.totals.failed == 20' "some of them"

# One of them is a probe like any other.
fwlab explain --variant holed --family ipv4 "$data/ports" "no other way in: 299"
ends_with 0 "explain"
shows 'policy drop' "explain"

fwlab list "$data/ports"
shows 'connect +no other way in +from client as root, server:1-21,23-442,444-1024,8443/tcp, expects' "list"
check "list has a line for each place" [ "$(grep -c ' connect ' "$work/out")" -eq 3 ]

finish
