#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every system call and netlink request of a run fails, one at a time: it goes on rightly or ends cleanly,
# and nothing is left. FAULTS in the environment says how many for each scenario (default: all), SEED which,
# SCENARIOS in which folders, CALL of which system call, NAMED which by their names, JOBS how many at once;
# prints counts.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(dirname "$(readlink -f "$0")")")/e2e/lib.sh"
[ "$(uname -m)" = x86_64 ] || skip "system calls are tampered with on x86-64 alone"

faults=$(dirname "$fwlab")/tests/faults
seed=${SEED:-$(date +%s)}
own=$(readlink /proc/self/ns/pid | tr -dc 0-9)
mkdir net_cls

ours() { # the cgroups of runs of this machine
	mount -t cgroup -o net_cls none net_cls || true
	findmnt -rn -t cgroup,cgroup2 -o TARGET | while read -r at; do
		find "$at" -mindepth 1 -maxdepth 1 -name "fwlab-$own-*"
	done
	umount net_cls
}

machine() { # all that a run may not touch
	ip -o link
	ip -o address
	ip route show table all
	nft list ruleset
	cut -d ' ' -f 3- /proc/self/mountinfo
	find /tmp /var/tmp /run /dev/shm -xdev -printf '%p %y %s %T@\n' | sort
}

machine >before 2>&1
set --
for name in ${SCENARIOS:-nft legacy confined daemons}; do
	set -- "$@" "$root/tests/faults/$name"
done
echo "seed $seed"
"$faults" -n "${FAULTS:-0}" -s "$seed" ${CALL:+-c "$CALL"} ${NAMED:+-o "$NAMED"} ${JOBS:+-j "$JOBS"} \
	"$fwlab" "$@"
ends=$?
check "seed $seed: every run goes on rightly, or ends cleanly with the cause named" [ $ends -eq 0 ]
echo "$(ours | wc -l) directories of cgroups are left for the next run"
fwlab run "$root/tests/e2e/data/least"
ends_with 0 "the next run"
check "the next run sweeps" [ -z "$(ours)" ]
machine >after 2>&1
same "nothing else is left" before after
finish
