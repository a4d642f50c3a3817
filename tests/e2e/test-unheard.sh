#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A daemon in a network of its own may have rules that nobody hears: it is not said that there are none,
# nor that nothing listens where NAT has sent the packet to somebody who does.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
command -v perl >/dev/null || skip "there is no perl"

run_json "$data/unheard"
ends_with 0 "as it is"
why() { # NAME REGEX
	report_has "all(.scenarios[].variants[].probes[] | select(.name == \"$1\"); .why | test(\"$2\"))" "$1"
}
why closed "nothing listens on web/jail's tcp port 81"
why 'reset in the jail' "although something listens on web/jail's tcp port 82"
why 'rejected in the jail' 'answered with ICMP port-unreachable$'
why 'dropped in the jail' 'web/jail may have rules of its own, which nobody hears'
why 'rejected on its way out' 'fails without the policy too: web/jail answered with ICMP port-unreachable'

finish
