#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What a host brings with it for the libraries that a lab's own processes call, in there, has no more power
# than the host's programs; and what these say in the kernel's place is not heard.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
command -v perl >/dev/null || skip "there is no perl"
make_user 65536

cp -R "$data/strangers" strangers
mv strangers/scenario.in strangers/scenario.yaml
cc -shared -fPIC -o strangers/seen.so strangers/seen.c || fail "the plug-in cannot be compiled"
for as in root user; do
	[ $as = root ] || fwlab=$users_fwlab
	run_json strangers
	ends_with 0 "as $as"
	report_has '.totals | .passed == 8 and .inconclusive == 0' "as $as"
done

finish
