#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# kill -9 at random moments, of any of the processes of several runs at once: nothing is left but what
# the next run sweeps, and what is not ours it leaves alone. KILLS in the environment says how many
# (default 1,000), SEED which; prints counts.
# shellcheck source=tests/e2e/lib.sh
# shellcheck disable=SC2016 # awk's
. "$(dirname "$(dirname "$(readlink -f "$0")")")/e2e/lib.sh"
command -v perl >/dev/null || skip "there is no perl"

kills=${KILLS:-1000} seed=${SEED:-$$$(date +%s)}
own=$(readlink /proc/self/ns/pid | tr -dc 0-9)
mkdir net_cls
net_cls=yes
mount -t cgroup -o net_cls none net_cls || net_cls=no

# Somebody else's: of a namespace that is not ours, of a run that lives, of a name that only looks
# like ours, with a process in it.
alive=$(sed 's/.*) //' /proc/$$/stat | cut -d ' ' -f 20)
decoys="fwlab-1-1-1 fwlab-$own-$$-$alive fwlab-$own-0999999-1 fwlab-$own-999999-1x fwlab-decoy-$own decoy-$own"
sleep 1000 &
sleeper=$!
set_up() {
	for decoy in $decoys; do
		mkdir "net_cls/$decoy" "net_cls/$decoy/below"
	done
	echo $sleeper >"net_cls/decoy-$own/below/cgroup.procs"
}
take_down() {
	echo $sleeper >net_cls/cgroup.procs
	for decoy in $decoys; do
		rmdir "net_cls/$decoy/below" "net_cls/$decoy"
	done
}
ours_alone() { # the cgroups of runs of this machine that have ended
	findmnt -rn -t cgroup,cgroup2 -o TARGET | while read -r at; do
		find "$at" -mindepth 1 -maxdepth 1 -name "fwlab-$own-*"
	done | while read -r at; do
		case " $decoys " in
		*" ${at##*/} "*) ;;
		*) echo "$at" ;;
		esac
	done
}

ip link add fwlab0 type bridge
ip link add fwlab1 type veth peer name fwlab2
ip link set fwlab1 master fwlab0 up
ip netns add fwlab-decoy
nft add table inet fwlab
mkdir /tmp/fwlab-decoy /run/fwlab
[ $net_cls = no ] || set_up

machine() { # all that a run may not touch
	ip -o link | sed 's/ state .*//'
	ip -o address
	ip route show table all
	nft list ruleset
	cut -d ' ' -f 3- /proc/self/mountinfo
	find /tmp /var/tmp /run /dev/shm -xdev -printf '%p %y %s %T@\n' | sort
	ls -l "/proc/$sleeper/exe"
	cat "/proc/$sleeper/cgroup"
	for decoy in $decoys; do ls -d "net_cls/$decoy/below"; done
}

proved=yes
fwlab run "$root/tests/soak/kills"
ends_with 0 "when nothing is killed"
machine >before 2>&1

perl "$root/tests/soak/kills/at-random.pl" "$kills" 3 "$seed" \
	"$fwlab" run --jobs 2 "$root/tests/soak/kills" >counts
ends=$?
check "seed $seed: every run ends as it should, and leaves no process" [ $ends -eq 0 ]
cat counts
check "as many were killed" grep -q "^$kills killed" counts
ours_alone >left
echo "$(wc -l <left) directories of dead runs' cgroups are left for the next run"
fwlab run "$root/tests/e2e/data/least"
ends_with 0 "the next run"
check "the next run sweeps" [ -z "$(ours_alone)" ]
machine >after 2>&1
same "nothing else is left, and nobody else's is touched" before after

clear_decoys() {
	take_down
	# An unmounted hierarchy goes only when all its cgroups have gone.
	await awk '$1 == "net_cls" { exit $3 != 1 }' /proc/cgroups
	umount net_cls
}
[ $net_cls = no ] || clear_decoys
kill $sleeper
finish
