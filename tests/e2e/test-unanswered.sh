#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Datagrams to daemons that never answer: allowed where the daemon's socket has them, and only there. What
# a rule, a full socket or a filter kept back is not, nor is a datagram whose answer was lost.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
command -v perl >/dev/null || skip "there is no perl"
make_user 65536

# All that was delivered, and nothing else that was not answered, is allowed.
only_deliveries() { # WHAT
	report_has '[.scenarios[].variants[].probes[] | select(.outcome == "allowed" and .name != "late")] |
		length > 0 and all(.how == "no answer" and .evidence.kind == "delivery" and .evidence.arrived_at == "server")' "$1"
	report_has '[.scenarios[].variants[].probes[] | select(.evidence.kind == "delivery") | .name] |
		unique - ["connected", "from itself", "silent", "translated", "unread"] == []' "$1"
}

if [ -r /sys/kernel/btf/vmlinux ]; then
	run_json --jobs 2 "$data/unanswered"
	ends_with 0 "as it is"
	report_has '.totals | .failed == 0 and .inconclusive == 0 and .passed == 187' "as it is"
	only_deliveries "as it is"
	report_has '[.scenarios[].variants[].probes[] | select(.name == "full" and .outcome == "unreachable")] |
		length > 0 and all(.evidence.reason == "SOCKET_RCVBUFF")' "a full socket"
fi

# The same without the kernel's own word on what it drops, and without root: it is only less certain why a
# datagram has come to no socket.
cp -R "$data/unanswered" copy
sed -i 's/else: drop at server }/else: unreachable }/; s/else: unreachable at server }/else: unreachable }/' copy/scenario.yaml
fwlab_of_root=$fwlab
fwlab=$users_fwlab
run_json --jobs 2 --variant open --variant asking --variant failing --variant input --variant forward \
	--variant reject --variant answers --variant nat copy
ends_with 1 "without root"
only_deliveries "without root"
report_has '[.scenarios[].variants[].probes[] | select(.passed | not) | .name] | unique == ["filtered"]' "without root"

# Without instruments nothing is known but that it was silent; a drop that a rule tells of has a control that
# knows more.
fwlab=$fwlab_of_root
run_json --bare --variant open --filter silent copy
ends_with 1 "bare"
report_has 'all(.scenarios[].variants[].probes[]; .outcome != "allowed")' "bare"
run_json --control --variant input copy
ends_with 1 "controlled"
report_has '[.scenarios[].variants[].probes[] | select(.outcome == "dropped") | .name] | unique ==
	["connected", "from itself", "late", "silent", "unread"]' "controlled"

# In words, for people.
fwlab run --variant nat --filter translated copy
ends_with 0 "in a line"
check "in a line" grep -q 'allowed no answer  *at server .* nat to 10.7.0.2:514$' out
fwlab explain --variant open copy silent
ends_with 0 "explained"
check "explained" grep -q "why  *delivered to silent's socket at server's udp port 514, which did not answer within 150 ms" out
sed -i 's/else: allow at server }/else: allow at router }/' copy/scenario.yaml
fwlab run --variant open --filter unread --report junit copy
ends_with 1 "the wrong host"
check "the wrong host" grep -q "expected allow at router, but it was allowed (received by server)" out

finish
