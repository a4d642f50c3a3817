#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A packet that is dropped is not yet the end of a probe that has another way: a fetch whose question
# for the name is dropped over one family finds it over the other. It was ended too early at times,
# which several labs at once bring out.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

scenario=$data/detour/scenario.yaml
run_json --jobs 4 "$scenario" "$scenario" "$scenario" "$scenario"
ends_with 0 "all get there"
report_has '.totals == {passed: 80, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "all get there"
report_has 'all(.scenarios[].variants[].probes[] | select(.name | test("page")); .outcome == "allowed")' "no page is dropped"

finish
