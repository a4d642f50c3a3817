#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A machine that runs out of something: the command says of what, ends with status 3, and leaves
# nothing. Around all of it is a run that proves that the machine is as it was.
# shellcheck source=tests/e2e/lib.sh
# shellcheck disable=SC3045,SC2016,SC2034,SC2317 # dash has these limits; what is run later; what check calls
. "$(dirname "$(readlink -f "$0")")/lib.sh"

proved=no # descriptors are scarce
all=$root/tests/soak/kills # has all that a lab can leave behind
mkfifo go here
mkdir around # apart from what the test writes
cat >around/scenario.yaml <<YAML
name: around
hosts: { a: { services: [ tcp/80 ] } }
probes:
  - { from: a, timeout: 60s, run: "echo >$work/here; read line <$work/go", expect: exit 0 }
YAML

# From here on the machine must stay as it is,
surround() {
	"$fwlab" run --prove-untouched around >around.out 2>around.err &
	around=$!
	timeout 30 cat here >around.begun
	[ -s around.begun ] || {
		fail "the run around it all did not begin"
		exit 1
	}
	exec 9>go
	before=$(processes)
}

# up to here.
prove() { # WHAT
	echo >&9
	exec 9>&-
	status=0
	wait $around || status=$?
	cp around.out out
	cp around.err err
	ends_with 0 "the run around $1"
	check "the run around $1: the machine is as it was" [ ! -s err ]
}

processes() {
	for process in /proc/[0-9]*; do
		readlink "$process/exe"
	done | grep -cxF -e "$fwlab"
}

# Run a line in a shell of its own; as fwlab() otherwise.
scarce() { # LINE-OF-SHELL
	status=0
	(eval "$1") >"$work/out" 2>"$work/err" </dev/null 9>&- || status=$?
}

# How a run may end: as ever, or with a reason and status 3.
ends_well() { # WHAT REASON
	case $status in
	0) check "$1: nothing is wrong" [ ! -s err ] ;;
	3) check "$1: says why" grep -qE -e "$2" out err ;;
	*) check "$1: ends with status 0 or 3, not $status" false ;;
	esac
	check "$1: no process is left" await eval '[ "$(processes)" -eq "$before" ]'
}

# Descriptors: fewer than a lab needs, and then some more
surround
few=0
for limit in $(seq 8 2 60); do
	scarce "ulimit -n $limit; exec timeout 60 \"\$fwlab\" run \"\$all\""
	[ "$status" -ne 3 ] || few=$((few + 1))
	ends_well "$limit descriptors" 'Too many open files'
done
ends_with 0 "60 descriptors"
check "$few runs had too few descriptors" [ "$few" -gt 10 ]
for limit in $(seq 8 4 24); do
	scarce "ulimit -n $limit; exec timeout 60 \"\$fwlab\" run --prove-untouched \"\$data/least\""
	ends_well "$limit descriptors, with proof" 'Too many open files'
done
prove "few descriptors"

# Memory
surround
scarce 'ulimit -v 200000; exec "$fwlab" --version'
if [ "$status" -eq 0 ]; then # not with a sanitizer
	for limit in $(seq 12000 2000 60000); do
		scarce "ulimit -v $limit; exec \"\$fwlab\" --version"
		[ "$status" -eq 0 ] || continue # not even the libraries can be loaded
		scarce "ulimit -v $limit; exec timeout 60 \"\$fwlab\" run \"\$all\""
		# ld.so(8) does not say what it lacks, when it is that.
		ends_well "$limit KiB of memory" '[Mm]emory|failed to map segment'
	done
fi
prove "little memory"

# Disk
mkdir full
mount -t tmpfs -o size=64k none full
dd if=/dev/zero of=full/all bs=4k >dd.out 2>&1
surround
for kind in json text; do
	scarce "exec \"\$fwlab\" run --report $kind=full/report \"\$data/least\""
	ends_with 3 "a $kind report to a full disk"
	says "^fwlab run: the $kind report to full/report is not complete: No space left on device$" \
		"a $kind report to a full disk"
	rm full/report
done
scarce "exec \"\$fwlab\" run \"\$data/least\" >full/out"
ends_with 3 "standard output to a full disk"
says 'No space left on device$' "standard output to a full disk"
scarce "cd full && exec \"\$fwlab\" run \"\$all\""
ends_with 0 "a working folder on a full disk"
prove "a full disk"
umount full

# Namespaces: as many as a user namespace of ours may have. The inner shell is one of them.
surround
few=0
in_namespace() { # KIND NUMBER
	scarce "exec timeout 60 unshare -r --net --mount --pid --fork --mount-proc sh -c \
		'echo $2 >/proc/sys/user/max_${1}_namespaces && exec \"\$0\" run \"\$1\"' \"\$fwlab\" \"\$data/least\""
}
in_namespace net 100
if [ "$status" -eq 0 ]; then
	for kind in net pid mnt ipc uts; do
		for number in 0 1 2 3 4; do
			in_namespace $kind $number
			[ "$status" -ne 3 ] || few=$((few + 1))
			ends_well "$number $kind namespaces" 'No space left on device'
		done
	done
	check "$few runs had too few namespaces" [ "$few" -ge 5 ]
fi

prove "few namespaces"

# A cgroup's memory and processes: what the command is limited to, its labs are, all together. The
# directory is there before the machine is looked at.
own=$(readlink /proc/self/ns/pid | tr -dc 0-9)
limited= # the cgroup
make_limited() { # CONTROLLER
	top=$(findmnt -rn -t cgroup -O "$1" -o TARGET | head -n 1)
	[ -n "$top" ] || top=$(findmnt -rn -t cgroup2 -o TARGET | while read -r at; do
		! grep -qw "$1" "$at/cgroup.subtree_control" || echo "$at"
	done | head -n 1)
	[ -n "$top" ] && mkdir "$top/scarce-$own" && limited=$top/scarce-$own
}
drop_limited() {
	rmdir "$limited"
	limited=
}
trap '[ -z "$limited" ] || rmdir "$limited"' EXIT
in_limited() { # FILE VALUE
	echo "$2" >"$limited/$1"
	scarce "echo 0 >\"\$limited/cgroup.procs\"; exec timeout 60 \"\$fwlab\" run \"\$all\""
}
left_alone() {
	[ -z "$(find /sys/fs/cgroup -maxdepth 2 -name "fwlab-$own-*")" ]
}

if make_limited memory; then
	surround
	file=memory.max few=0
	[ -e "$limited/$file" ] || file=memory.limit_in_bytes
	for limit in 1 2 3 4 5 6 7 8 12 16 64; do
		in_limited $file ${limit}M
		[ "$status" -ne 3 ] || few=$((few + 1))
		# The kernel may take the command itself, which cannot tell of it.
		[ "$status" -eq 137 ] || ends_well "$limit MiB of a cgroup" 'for want of memory|[Oo]ut of memory|Cannot allocate'
	done
	if [ "$("$fwlab" doctor --report json | jq '[.rows[] | select(.name == "memory-limit").ok][0]')" = true ]; then
		check "$few runs had too little memory" [ "$few" -gt 0 ]
	fi
	in_limited $file 1024M
	ends_with 0 "1 GiB of a cgroup"
	prove "a cgroup's little memory"
	drop_limited
	check "a cgroup's little memory: nothing is left" left_alone
fi
if make_limited pids; then
	surround
	few=0
	for limit in 2 3 4 5 6 7 8 9; do
		in_limited pids.max $limit
		[ "$status" -ne 3 ] || few=$((few + 1))
		# A policy's own tool, too, may be what is refused.
		[ "$status" -ne 2 ] || status=3
		ends_well "$limit processes of a cgroup" '[Cc]annot fork|Resource temporarily unavailable|could not be started'
	done
	check "$few runs had too few processes" [ "$few" -gt 1 ]
	in_limited pids.max 200
	ends_with 0 "200 processes of a cgroup"
	prove "a cgroup's few processes"
	drop_limited
	check "a cgroup's few processes: nothing is left" left_alone
fi

# RLIMIT_NPROC does not bind root of the machine, but root of another user's namespace.
as_user() { # LINE-OF-SHELL, in which the limit is set and then a process more needed
	scarce "exec timeout 60 setpriv --reuid=54321 --regid=54321 --clear-groups \
		unshare -r --net --mount --pid --fork --mount-proc $1"
}
as_user '"$fwlab" --version'
if [ "$status" -eq 0 ]; then
	surround
	for limit in 2 3; do
		as_user "prlimit --nproc=$limit \"\$fwlab\" run \"\$data/least\""
		ends_with 3 "$limit processes of a user"
		ends_well "$limit processes of a user" 'Resource temporarily unavailable'
	done
	prove "a user's few processes"
fi
finish
