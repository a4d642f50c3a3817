#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What keeps programs that may mount, jails: true, from the machine: a user namespace, root's labs' too.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

run_json "$data/escapes"
ends_with 0 "as it is"
report_has '.totals == {passed: 8, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "as it is"

fwlab doctor --report json "$data/escapes"
report_has '.rows[] | select(.name == "jails-apart") | .ok' "the doctor"

# Where the machine does not let there be such a namespace, root's labs do without, and the doctor
# tells: without one, what could be a device of the machine's is one.
mount -t tmpfs none /proc/fs
fwlab doctor --report json "$data/escapes"
report_has '.rows[] | select(.name == "jails-apart") | (.ok | not) and (.cure | test("without root"))' "no namespace"
run_json --filter "a device" "$data/escapes"
ends_with 1 "no namespace"
umount /proc/fs
finish
