#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# However a lab ends, nothing of it is left: the machine is compared before and after.
# shellcheck source=tests/e2e/lib.sh
# shellcheck disable=SC2317 # what await calls
. "$(dirname "$(readlink -f "$0")")/lib.sh"

pid_namespace=$(readlink /proc/self/ns/pid | tr -dc 0-9)

# Cgroups of runs of this machine, in every hierarchy that fwlab may use.
run_cgroups() {
	findmnt -rn -t cgroup,cgroup2 -o TARGET | while read -r mounted; do
		find "$mounted" -maxdepth 1 -name "fwlab-$pid_namespace-*"
	done
	if net_cls_is_there; then
		mkdir -p /mnt/net_cls
		mount -t cgroup -o net_cls none /mnt/net_cls
		find /mnt/net_cls -maxdepth 1 -name "fwlab-$pid_namespace-*"
		umount /mnt/net_cls
	fi
}

net_cls_is_there() {
	awk '$1 == "net_cls" { id = $2 } END { exit id == 0 }' /proc/cgroups
}

fingerprint() { # FILE
	{
		echo "# links, addresses, routes"
		ip -o link | grep -v '^[0-9]*: lo:'
		ip -o address
		ip route show table all
		ip -6 route show table all
		ip netns
		echo "# firewall"
		nft list ruleset
		cat /proc/net/ip_tables_names /proc/net/ip6_tables_names 2>/dev/null
		echo "# sysctls"
		grep -rs . /proc/sys/net /proc/sys/kernel/hostname /proc/sys/kernel/core_pattern |
			grep -v -e nf_conntrack_count -e /proc/sys/net/core/netdev_rss_key
		echo "# mounts"
		cut -d ' ' -f 3- /proc/self/mountinfo | sort
		echo "# processes"
		for process in /proc/[0-9]*; do
			cat "$process/comm" 2>/dev/null
		done | grep -vx -e cat -e grep -e sort -e "$(cat "/proc/$$/comm")" | sort
		echo "# files"
		find /tmp /var/tmp /run /dev/shm -xdev -printf '%p %y %s %T@\n' | sort
		find /etc -xdev -printf '%p %y\n' | sort
		echo "# cgroups"
		run_cgroups
	} >"$1"
}

# Whatever has just happened, the machine soon is as it was.
nothing_left() { # WHAT
	await same_as_before
	same "$1: nothing is left" before after
}

# For the kernel the end of a process is not yet that of all it held.
same_as_before() {
	fingerprint after
	cmp -s before after
}

# Start fwlab as a terminal would, with a process group of its own, and keep how it ends in `end`.
start() { # ARGUMENT...
	rm -f pid end
	perl -e '
		defined(my $pid = fork) or die;
		if (!$pid) {
			setpgrp;
			$SIG{$_} = "DEFAULT" for qw(INT QUIT HUP TERM);
			open STDOUT, ">", "out" and open STDERR, ">", "err" and exec @ARGV;
			die;
		}
		sub keep {
			my ($name, $text) = @_;
			open my $to, ">", "$name.new" or die;
			print $to $text;
			close $to and rename "$name.new", $name or die;
		}
		keep "pid", $pid;
		waitpid $pid, 0;
		keep "end", $? & 127 ? "signal " . ($? & 127) : "exit " . ($? >> 8);
	' "$fwlab" "$@" </dev/null &
	await test -e pid || give_up "$* did not start"
	command=$(cat pid)
}

give_up() {
	fail "$@"
	exit 1
}

ended_by() { # "signal N"|"exit N" WHAT
	await test -e end
	check "$2: ended by $1, not $(cat end 2>&1)" [ "$(cat end 2>&1)" = "$1" ]
}

is_running() { # COMMAND LINE
	grep -qszxF -e "$1" /proc/[0-9]*/cmdline
}

children() {
	cat "/proc/$1/task/$1/children"
}

# The child of a process that has this name.
child() { # PID NAME
	for process in $(children "$1"); do
		[ "$(cat "/proc/$process/comm")" = "$2" ] && echo "$process" && return
	done
}

# A slow lab, in the middle of its second probe.
start_slow() {
	start run --report json "$data/slow"
	await is_running 55 || give_up "the slow probe did not begin"
	init=$(child "$command" fwlab)
	engine=$(child "$init" fwlab)
	services=$(child "$engine" "fwlab services")
	probe=$(child "$engine" fwlab)
}

fwlab run "$data/least" # whatever the kernel makes at a first time is made
had_net_cls=$(net_cls_is_there && echo yes)
fingerprint before
check "the machine is as it was when nothing is done" same_as_before

# Runs that come to their end
for ending in "0 $root/scenarios/pbuilder-apt" "0 $data/identities" "0 $data/router" \
	"1 --policy buildd=ferm:$root/scenarios/pbuilder-apt/net-cls.ferm --variant allow-uid $root/scenarios/pbuilder-apt" \
	"2 --policy fw=ferm:$data/bad/syntax.ferm $data/bad" "2 --policy fw=nft:$data/bad/loops.nft $data/bad"; do
	# shellcheck disable=SC2086 # words
	fwlab run ${ending#* }
	ends_with "${ending%% *}" "run ${ending#* }"
	nothing_left "run ${ending#* }"
done

# Runs that are stopped
for signal in INT:2 TERM:15 HUP:1 QUIT:3; do
	start_slow
	kill -s "${signal%:*}" -- "-$command" # its group, as ^C does
	ended_by "signal ${signal#*:}" "SIG${signal%:*}"
	report_has ".signal == ${signal#*:} and .totals == {passed: 2, failed: 0, inconclusive: 0, skipped: 0, refused: 0}" \
		"SIG${signal%:*}"
	nothing_left "SIG${signal%:*}"
done
start run "$data/slow"
await is_running 55
kill -s INT "$command"
ended_by "signal 2" "SIGINT with a text report"
check "SIGINT with a text report: says so" grep -q '^fwlab: stopped by SIGINT' out

# Processes of a run that are killed
start_slow
kill -s KILL "$init"
ended_by "exit 3" "the init is killed"
report_has '.scenarios[0].variants[0].error | test("killed by signal 9")' "the init is killed"
nothing_left "the init is killed"

start_slow
kill -s KILL "$engine"
ended_by "exit 3" "the engine is killed"
report_has '.scenarios[0].variants[0].error | length > 10' "the engine is killed"
report_has '.totals == {passed: 2, failed: 0, inconclusive: 3, skipped: 0, refused: 0}' "the engine is killed"
nothing_left "the engine is killed"

start_slow
kill -s KILL "$probe"
ended_by "exit 3" "a probe is killed"
report_has '.totals == {passed: 4, failed: 0, inconclusive: 1, skipped: 0, refused: 0}' "a probe is killed"
nothing_left "a probe is killed"

start_slow
kill -s KILL "$services"
kill -s KILL "$(child "$(child "$probe" sh)" sleep)"
ended_by "exit 3" "the services are killed"
report_has '[.scenarios[].variants[].probes[] | select(.name == "never" and .outcome != "inconclusive")] == []' \
	"the services are killed"
nothing_left "the services are killed"

# The command itself: its cgroups' directories are for the next run to take away, and all else goes.
without_cgroups() {
	fingerprint after
	sed '/^# cgroups/,$d' before >before.mine
	sed '/^# cgroups/,$d' after >after.mine
	cmp -s before.mine after.mine
}
for who in command "command and init"; do
	start_slow
	case $who in
	command) kill -s KILL "$command" ;;
	*) kill -s KILL "$command" "$init" ;;
	esac
	ended_by "signal 9" "the $who killed"
	await without_cgroups
	same "the $who killed: but for cgroups nothing is left" before.mine after.mine
	fwlab run "$data/least"
	ends_with 0 "the run after the $who killed"
	nothing_left "the run after the $who killed"
done

# At any moment
for signal in TERM:15 KILL:9; do
	for moment in 0 0.003 0.01 0.02 0.04 0.08 0.16 0.32 0.5; do
		start run --jobs 2 "$root/scenarios/pbuilder-apt"
		sleep "$moment"
		kill -s "${signal%:*}" "$command" 2>/dev/null
		await test -e end
		check "SIG${signal%:*} after $moment s: ended by it, or before, not by $(cat end)" \
			grep -qxe "signal ${signal#*:}" -e "exit 0" end
	done
	fwlab run "$data/least"
	nothing_left "SIG${signal%:*} at some moment"
done

# A report that nobody reads
for ending in '>/dev/full' '| true' '>&-'; do
	sh -c "{ \"\$0\" run \"\$1\"; echo \$? >status; } $ending" "$fwlab" "$data/least" 2>err
	check "$ending: status 3" grep -qx 3 status
	nothing_left "$ending"
done

[ "$had_net_cls" = yes ] || check "net_cls is as unused as before" await eval '! net_cls_is_there'

finish
