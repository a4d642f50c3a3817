#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The jail of namespaces: what its README proposes, and jails that are none. (Its firewall's rules are
# tests/mutation's to break.)
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

scenario=$root/scenarios/namespace-jail
for tool in lighttpd brctl ifconfig cc; do
	command -v "$tool" >/dev/null || skip "there is no $tool"
done

run_json --jobs 2 "$scenario"
ends_with 0 "every jail"
report_has '[.scenarios[].variants[] | select(.probes | length > 0)] | length > 1' "more than one is there"
report_has '[.. | select(.name? == "a page by the gateway'\''s address")] |
	length > 1 and all(.evidence.arrived_at == "gateway/web")' "the jail got it"
# A program has run in between, and changed no rule.
report_has '[.. | select(.name? == "the jail pings the world")] |
	length > 1 and all(.evidence.line == 19 and .evidence.hook == "forward")' "the rule has its line"

# The names of the probes that come out otherwise with this script as the firewall.
fails_with() { # WHAT EXPECTED-REGEX
	run_json --variant own --policy "gateway=script:$work/changed.sh" "$scenario"
	ends_with 1 "$1"
	jq -r '.scenarios[].variants[].probes[] | select(.passed | not) | .name' "$work/out" | sort -u >failed
	check "$1: $2" grep -qx -e "$2" failed
}

# What the README proposes.
sed '$a iptables -A INPUT -i br0 -p icmp -j ACCEPT\niptables -A INPUT -i br0 -j DROP' "$scenario/firewall.sh" >changed.sh
fails_with "the host protected" "the jail logs in to the gateway"
check "and that is all" test "$(wc -l <failed)" -eq 2
sed 's/PREROUTING -p tcp/PREROUTING -d 192.0.2.1 -p tcp/' "$scenario/firewall.sh" >changed.sh
fails_with "a narrower DNAT" "the web of others ends in the jail too"
check "and that is all" test "$(wc -l <failed)" -eq 1

# A jail that is none: jail.c with a part left out.
cp -r "$scenario" jails
without() { # WHAT SED PROBE
	sed "$2" "$scenario/jail.c" >jails/jail.c
	check "$1: it is another program" sh -c "! cmp -s jails/jail.c '$scenario/jail.c'"
	run_json --variant own jails
	ends_with 1 "$1"
	jq -r '.scenarios[].variants[].probes[] | select(.passed | not) | .name' "$work/out" >failed
	check "$1: $3" grep -qx -e "$3" failed
}
without "no pid namespace" 's/ | CLONE_NEWPID//' "the gateway's processes, in the jail"
without "/usr is left out" 's|"/usr", ||' "a new program, in the jail"
without "/etc is left out" 's|, "/etc"||' "a new user, in the jail"
without "/var/tmp is left out" 's|"/var/tmp", ||' "which the gateway does not see"

finish
