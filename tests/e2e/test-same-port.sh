#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Who sends from the port of a flow that is over is new to the hosts, whoever began that one; a flow
# that is under way stays known to them.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
make_user 65536

for as in root user; do
	[ $as = root ] || fwlab=$users_fwlab
	run_json "$data/same-port"
	ends_with 0 "as $as"
	report_has '.totals | .passed == 33 and .inconclusive == 0' "as $as"
done

finish
