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

# Programs of 32 bits would get past the filter of system calls.
mkdir narrow
cat >narrow/program.s <<'ASM'
.globl _start
_start:	mov $1, %eax
	xor %ebx, %ebx
	int $0x80
ASM
cat >narrow/scenario.yaml <<'YAML'
name: narrow
hosts: { a: {} }
probes:
  - { from: a, run: [./program], expect: exit 0 }
YAML
if as --32 -o program.o narrow/program.s 2>/dev/null && ld -m elf_i386 -o narrow/program program.o && narrow/program; then
	run_json narrow
	ends_with 1 "a program of 32 bits"
	report_has '.scenarios[].variants[].probes[] |
		(.how == "signal 31") and (.why | test("32-bit programs are killed in a lab"))' "a program of 32 bits"
fi
finish
