#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules that are changed in the background, not by a probe's own program, are known all the same.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"
command -v perl >/dev/null || skip "there is no perl"

run_json "$data/meanwhile"
ends_with 0 "as it is"
report_has '.totals == {passed: 30, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "as it is"
# Where rules stand is known of the policy as it was loaded only.
report_has '[.scenarios[].variants[].probes[] | select(.name | test("after$")) | .evidence | .rule and .line == null] |
	length == 12 and all' "after"

finish
