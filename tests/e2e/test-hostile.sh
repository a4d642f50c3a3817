#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Policies and daemons that are out for harm: each lab comes to its end, says what was the matter, and the
# machine is as it was.
# shellcheck source=tests/e2e/lib.sh
# shellcheck disable=SC2317 # what await calls
. "$(dirname "$(readlink -f "$0")")/lib.sh"

command -v cc >/dev/null || skip "there is no C compiler"
cp -r "$data/hostile" scenario
cc -D_GNU_SOURCE -o scenario/calls scenario/calls.c || exit 1
mkdir precious
echo kept >precious/file
echo kept >scenario/calm

# What they are out for. Sysctls that a machine changes by itself are not among these.
fingerprint() { # FILE
	{
		ip -o link
		ip route show table all
		nft list ruleset
		cat /proc/net/ip_tables_names /proc/net/ip6_tables_names 2>/dev/null
		cut -d ' ' -f 3- /proc/self/mountinfo | sort
		grep -s . /proc/sys/kernel/hostname /proc/sys/kernel/core_pattern /proc/sys/kernel/printk \
			/proc/sys/vm/swappiness /proc/sys/fs/file-max /proc/sys/net/ipv4/ip_forward
		hostname
		for process in /proc/[0-9]*; do
			cat "$process/comm" 2>/dev/null
		done | grep -vx -e cat -e grep -e sort -e "$(cat "/proc/$$/comm")" | sort
		find /tmp /var/tmp /run /dev/shm -xdev -printf '%p %y %s %T@\n' | sort
		find /etc -xdev -printf "%p %y\n" | sort
		find "$work/precious" "$work/scenario" -printf "%p %y %m %s %C@\n" | sort
		# The hierarchies of limits, which may be mounted nowhere
		find /sys/fs/cgroup -maxdepth 2 -name "fwlab-$(readlink /proc/self/ns/pid | tr -dc 0-9)-*"
	} >"$1"
}

same_as_before() {
	fingerprint after
	cmp -s before after
}

# One variant, which ends with a status; within a time where it would not end by itself.
run() { # VARIANT STATUS [TIME [MEMORY]]
	sed "s/time: 2m/time: ${3:-2m}/; s/memory: 96M/memory: ${4:-96M}/" scenario/scenario.yaml >run.yaml
	mv run.yaml "scenario/run-$1.yaml"
	fingerprint before
	run_json --variant "$1" "scenario/run-$1.yaml"
	ends_with "$2" "$1"
	await same_as_before
	same "$1: the machine is as it was" before after
}

passes() { # VARIANT
	run "$1" 0
	report_has '.totals == {passed: 1, failed: 0, inconclusive: 0, skipped: 0, refused: 0}' "$1"
}

# The lab could not be built, or not be kept, and why.
fails() { # VARIANT STATUS REGEX [TIME [MEMORY]]
	run "$1" "$2" "${4:-}" "${5:-}"
	report_has ".scenarios[0].variants[0].error | test(\"$3\")" "$1"
	report_has '.totals | .passed == 0 and .failed == 0 and .inconclusive == 1 and .skipped == 0' "$1"
}

# Nothing comes of it
passes calm
for variant in deletes sysctls mounts devices calls flushes; do
	passes "$variant"
done
check "what is precious is kept" grep -qx kept precious/file
check "the user's own folder is kept" grep -qx kept scenario/calm

# What may reach the machine is told beforehand.
fwlab list "$data/slow"
check "list: jails" grep -q "^  jails  .*the machine's files" out
fwlab list scenario/scenario.yaml
check "list: no jails" sh -c '! grep -q jails out'

# Without end, until the lab's time is over
fails endures 3 "the lab has been ended after 2 s, while .*; 'limits: . time: ... .' gives it more" 2s
fails floods 3 "the lab has been ended after 2 s" 2s
fails sleeps 3 "the lab has been ended after 2 s" 2s
fails never-ready 3 "sleep.*not.*ready"

# The lab's own process is one of those that it can end.
fails kills 3 "the lab"

# More than there is: first a little more, then without end. What is not limited here would be the
# machine's own.
has_feature() {
	fwlab doctor --report json
	jq -e --arg name "$1" '.rows[] | select(.name == $name).ok' out >answer
}
if has_feature process-limit; then
	fails many 2 "[Cc]annot fork"
	says "hostile: processes could not be started: there may be 60; 'limits: .*' gives a lab more" many
	# With room for all of them: or else it is memory that may end the lab.
	fails forks 3 "the lab has been ended after 5 s" 5s 512M
	says "hostile: processes could not be started" forks
fi
if has_feature memory-limit; then
	run allocates 2
	says "hostile: killed for want of memory: [0-9]+ of its processes, which have 96 MiB together" allocates
	report_has '.scenarios[0].variants[0].error | test("allocates.sh: error")' allocates
	passes fills
fi

# Where there is neither, each process has a limit of its own, and the doctor says so.
grep -v -e '^memory' -e '^pids' /proc/cgroups >cgroups
mount --bind cgroups /proc/cgroups
if ! has_feature memory-limit; then
	check "no limits: the doctor says so" jq -e '.can_run and (.rows[] |
		select(.name == "memory-limit") | (.reason | length > 0) and (.cure | length > 0))' out
	run allocates 2
	report_has '.scenarios[0].variants[0].error | test("[Oo]ut of memory")' "allocates, alone"
fi
umount /proc/cgroups
passes calm

# Cgroups may be nested deeper than anybody has descriptors or a stack for.
mkdir nested
cat >nested/dig.pl <<'PERL'
for my $top ('/sys/fs/cgroup', '/sys/fs/cgroup/net_cls') {
	chdir $top or die;
	for (1 .. 300) { mkdir 'below' and mkdir 'aside' and chdir 'below' and $made++ }
}
print "$made are nested\n";
PERL
cat >nested/scenario.yaml <<'YAML'
name: nested
needs: [ { feature: net_cls }, { feature: cgroup2 } ]
hosts:
  a: { cgroups: { one: { v2: true }, other: { net_cls: "10:10" } } }
probes:
  - { from: a, run: { argv: [perl, dig.pl], output: "600 are nested" } }
YAML
fingerprint before
run_json nested
ends_with 0 "nested cgroups"
same_as_before || same "nested cgroups: the machine is as it was" before after

finish
