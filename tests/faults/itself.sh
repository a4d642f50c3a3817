#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The walk itself: it notices each of the ways in which a program can be wrong, and what it makes fail does.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(dirname "$(readlink -f "$0")")")/e2e/lib.sh"
[ "$(uname -m)" = x86_64 ] || skip "system calls are tampered with on x86-64 alone"

build=$(dirname "$fwlab")/tests

counts() { # CALL COUNTS PROGRAM: one call of a program fails, every time in the same way
	status=0
	"$build/faults" -p 3 -c "$1" "$3" "$root/tests/e2e/data/least" >out 2>err || status=$?
	check "$1: $2" grep -qx "all: $2" out
}

counts access "went on 4, ended cleanly 0, not reached 0, hung 0, crashed 0, wrong 0, silent 0, left something 0" \
	"$build/faults-wrong"
ends_with 0 "a program that goes on"
counts socketpair "went on 0, ended cleanly 4, not reached 0, hung 0, crashed 0, wrong 0, silent 0, left something 0" \
	"$build/faults-wrong"
ends_with 0 "a program that says why it ends"
counts eventfd2 "went on 0, ended cleanly 0, not reached 0, hung 2, crashed 0, wrong 0, silent 0, left something 0" \
	"$build/faults-wrong"
ends_with 1 "a program that hangs"
counts memfd_create "went on 0, ended cleanly 0, not reached 0, hung 0, crashed 4, wrong 0, silent 0, left something 0" \
	"$build/faults-wrong"
ends_with 1 "a program that crashes"
counts getcwd "went on 0, ended cleanly 0, not reached 0, hung 0, crashed 0, wrong 2, silent 0, left something 0" \
	"$build/faults-wrong"
ends_with 1 "a program that ends with another status"
counts timerfd_create "went on 0, ended cleanly 0, not reached 0, hung 0, crashed 0, wrong 2, silent 0, left something 0" \
	"$build/faults-wrong"
ends_with 1 "a program that tells another outcome"
counts pipe2 "went on 0, ended cleanly 0, not reached 0, hung 0, crashed 0, wrong 0, silent 4, left something 0" \
	"$build/faults-wrong"
ends_with 1 "a program that does not say why it ends"
counts epoll_create1 "went on 0, ended cleanly 0, not reached 0, hung 0, crashed 0, wrong 0, silent 0, left something 4" \
	"$build/faults-wrong"
ends_with 1 "a program that leaves a process"

# The same of fwlab: its services, a grandchild in namespaces of its own, serve over both families.
counts listen "went on 0, ended cleanly 4, not reached 0, hung 0, crashed 0, wrong 0, silent 0, left something 0" \
	"$fwlab"
ends_with 0 "fwlab"
check "an error is named" grep -q "services: host server: tcp port 80: Address already in use" worker0/err
finish
