#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# An ordinary user runs all that can be run without root, is told once what cannot and what would help, and
# leaves as little behind as root does.
# shellcheck source=tests/e2e/lib.sh
# shellcheck disable=SC2317 # what await calls
. "$(dirname "$(readlink -f "$0")")/lib.sh"

make_user 65536
fwlab_of_root=$fwlab
fwlab=$users_fwlab
check "the user has subordinate ids" test -n "$(getsubids "$user")" -a -n "$(getsubids -g "$user")"

# What has been skipped: scenario, variant, all of it or some, and for want of what; but for what
# this kernel may not have, whoever asks.
skipped() {
	jq -r '.scenarios[] | .name as $s | .variants[] | select(.skipped) |
		(.skipped.reason | if test("setuid") then "file-owners" elif test("net_cls") then "net_cls"
			elif test("cgroup v2") then "cgroup2" elif test("^BPF") then "bpf" else . end) as $why |
		select($why | test("is not in this kernel|has no") | not) |
		[$s, .name, (if .probes == [] then "all" else "some" end), $why] | join(" ")' out | sort
}

# Nobody but root has a process.
only_root_is_here() {
	[ "$(ps -e -o uid= | awk '$1 != 0' | wc -l)" -eq 0 ]
}

nothing_left() { # WHAT
	check "$1: no process is left" await only_root_is_here
}

nobody_complains() { # WHAT
	check "$1: nothing on standard error" [ ! -s err ]
}

# All the scenarios. What a mailer is setuid for, probes want; lanes of jailed-slave that look at cgroups have none.
fwlab run --jobs 2 --report "json=/home/$user/report" --report text scenarios
ends_with 0 "all scenarios"
nobody_complains "all scenarios"
cp out text
cp "/home/$user/report" out
cp out all
report_has '.totals | .failed == 0 and .inconclusive == 0 and .passed > 300' "all scenarios"
skipped >lacking
{
	for variant in free owner both no-new-privs chroot landlock seccomp network shut; do
		echo "jailed-slave $variant some file-owners"
	done
	echo "jailed-slave cgroup all bpf"
	for variant in own lxc firejail bubblewrap nspawn; do
		echo "namespace-jail $variant all cgroup2"
	done
	for variant in blocked allow-uid net-cls no-ndp net-cls-iptables net-cls-nft typo-dmain typo-tdp typo-owner; do
		echo "pbuilder-apt $variant all net_cls"
	done
} | sort >expected
same "all scenarios: what is skipped" expected lacking
check "all scenarios: net_cls is told of once" test "$(grep -c '^ *why *net_cls' text)" -eq 1
check "all scenarios: so is its cure" test "$(grep -c "^ *cure .*make a cgroup 'fwlab'.*chown" text)" -eq 1
check "all scenarios: it holds for more" grep -qE '^ *skipped \(42\), as above$' text
nothing_left "all scenarios"

# What both can run comes to the same.
for name in first-lesson owner-match; do
	jq --arg name "$name" '.scenarios |= map(select(.name == $name))' all >out
	outcomes >"$name.user"
	fwlab=$fwlab_of_root
	run_json --jobs 2 "scenarios/$name"
	fwlab=$users_fwlab
	ends_with 0 "$name, as root"
	outcomes >"$name.root"
	check "$name: there are outcomes" [ -s "$name.user" ]
	same "$name: the user's outcomes are root's" "$name.root" "$name.user"
done

# A policy in a home that is the user's alone; one that is wrong is noticed.
as_user cp scenarios/first-lesson/one-rule.nft "/home/$user/own.nft"
as_user chmod 600 "/home/$user/own.nft"
run_json --policy "bob=nft:/home/$user/own.nft" --variant one-rule scenarios/first-lesson
ends_with 0 "a policy in the user's home"
nobody_complains "a policy in the user's home"
report_has '[.scenarios[].variants[].probes[] | select(.outcome == "dropped").evidence] |
	length > 0 and all(.file | endswith("own.nft"))' "a policy in the user's home"
echo 'table inet filter' >open.nft
run_json --policy "bob=nft:open.nft" --variant one-rule scenarios/first-lesson
ends_with 1 "a policy that is wrong"
report_has '[.scenarios[].variants[].probes[] | select(.passed | not) | .name] | unique ==
	["alice asks bob'\''s port 22"]' "a policy that is wrong"

# A run that is killed leaves no process.
mkdir slow
cat >slow/scenario.yaml <<'YAML'
name: slow
hosts: { busy: { services: [ tcp/80 ] } }
probes:
  - { from: busy, timeout: 60s, run: "sleep 55" }
YAML
is_running() { # COMMAND LINE
	grep -qszxF -e "$1" /proc/[0-9]*/cmdline
}
killed() { # WHAT
	"$fwlab" run slow >out 2>err </dev/null &
	command=$!
	check "$1: the probe begins" await is_running 55
	check "$1: it is the user's" test "$(ps -o uid= -p "$command" | tr -d ' ')" -eq "$user_id"
	kill -KILL "$command"
	wait "$command"
	nothing_left "$1"
}
killed "killed"

# Subordinate ids that come in pieces are ids without a gap in there.
for file in /etc/subuid /etc/subgid; do
	sed -i "s/^$user:.*/$user:$subordinate:1000\n$user:$((subordinate + 2000)):64536/" "$file"
done
mkdir pieces
cat >pieces/scenario.yaml <<'YAML'
name: pieces
hosts: { a: {} }
probes:
  - { from: a, as: { user: 65534, group: 1500 }, run: "awk '{ n += $3 } END { exit n != 65536 }' /proc/self/uid_map", expect: exit 0 }
YAML
run_json pieces
ends_with 0 "ids in pieces"
report_has '.totals.passed == 1' "ids in pieces"
give_subordinates 65536

# Where there can be no user namespace, the reason and the cure are said of each scenario, and nothing is left.
cannot() { # WHAT REGEX
	proved=no
	fwlab run scenarios/first-lesson "$root/tests/e2e/data/least"
	proved=yes
	cannot_have_run "$1" "$2" out
	fwlab run scenarios/first-lesson
	ends_with 3 "$1, with --prove-untouched"
	says "^fwlab run: running without root: $2" "$1, with --prove-untouched"
}
cannot_have_run() { # WHAT REGEX
	ends_with 3 "$1"
	check "$1: nothing has passed" grep -qE '^fwlab: 0 passed, 0 failed, [0-9]+ inconclusive in [23] variants' out
	check "$1: says $2 of each" [ "$(grep -cE "^ *why *running without root: $2" out)" -ge 2 ]
	check "$1: and nothing else" [ "$(grep -c '^ *why ' out)" -eq "$(grep -cE "^ *why .*$2" out)" ]
	nothing_left "$1"
}
give_subordinates 0
cannot "no subordinate ids" "you have no subordinate ids; .*usermod --add-subuids .* --add-subgids"
give_subordinates 65536
: >empty
for program in newuidmap newgidmap getsubids; do
	program=$(command -v $program)
	mount --bind empty "$program"
	cannot "no $program" "newuidmap.* cannot be run; install the package 'uidmap'"
	umount "$program"
done

# In a user namespace that may have none below it; all ids are the machine's.
other_namespace() { # PID
	[ "$(readlink "/proc/$1/ns/user")" != "$(readlink /proc/self/ns/user)" ]
}
without_user_namespaces() { # COMMAND...
	mkfifo mapped
	# Capabilities are those of a program that is begun once there are ids.
	printf '#!/bin/sh\necho 0 >/proc/sys/user/max_user_namespaces && exec "$@"\n' >forbid
	# shellcheck disable=SC2016 # run in there
	unshare --user sh -c 'read -r _ <mapped; exec sh forbid "$@"' sh "$@" &
	in_there=$!
	await other_namespace "$in_there"
	cat /proc/self/uid_map >"/proc/$in_there/uid_map"
	cat /proc/self/gid_map >"/proc/$in_there/gid_map"
	echo >mapped
	rm mapped
	wait "$in_there"
}
allowed=$(cat /proc/sys/user/max_user_namespaces)
without_user_namespaces "$fwlab" run scenarios/first-lesson >out 2>err </dev/null
status=$?
cannot_have_run "user namespaces are used up" "cannot make a user namespace: No space left on device"
check "the machine's are not used up" [ "$(cat /proc/sys/user/max_user_namespaces)" = "$allowed" ]

# Cgroups that root has given, as the README has it
mkdir cgroup2
mount --bind "$(findmnt -rn -t cgroup2 -o TARGET | head -n 1)" cgroup2 || mount -t cgroup2 none cgroup2
mount -t tmpfs none /sys/fs/cgroup
mkdir /sys/fs/cgroup/unified
mount --bind cgroup2 /sys/fs/cgroup/unified
umount cgroup2
sed -n "s|^    ||; s|cgroup/given|cgroup/unified/given|g; s|USER|$user|g; /net_cls/p; /given/p" "$root/README.md" |
	grep -e '^mkdir' -e '^sh ' >giving
check "the README has four lines of it" [ "$(wc -l <giving)" -eq 4 ]
grep -v '^sh ' giving >preparing
check "root gives cgroups" sh -e preparing
grep '^sh ' giving | sed "s|^|exec |; s|su $user'|\"\$@\"' sh \"\$@\"|" >entering
printf '#!/bin/sh\nset -- %s "$@"\n. %s/entering\n' "$users_fwlab" "$work" >given
chmod 755 given
fwlab=$work/given

run_json --jobs 2 scenarios/jailed-slave scenarios/namespace-jail scenarios/pbuilder-apt
ends_with 0 "given cgroups"
nobody_complains "given cgroups"
report_has '.totals | .failed == 0 and .inconclusive == 0 and .passed > 500' "given cgroups"
skipped >lacking
{
	grep -e file-owners -e bpf expected
	echo "namespace-jail firejail all file-owners"
} | sort >expected.given
same "given cgroups: what is skipped" expected.given lacking
nothing_left "given cgroups"

left() {
	find /sys/fs/cgroup/net_cls/fwlab /sys/fs/cgroup/unified/given -mindepth 1 -type d
}
check "given cgroups: they are empty" [ -z "$(left)" ]
sed -i 's/^hosts:.*/hosts: { busy: { cgroups: { both: { net_cls: "10:10", v2: true } } } }/
	s/from: busy,/& as: { cgroup: both },/' slow/scenario.yaml
killed "killed in given cgroups"
check "killed in given cgroups: their directories are left" [ -n "$(left)" ]
run_json scenarios/first-lesson
ends_with 0 "the next run"
check "the next run removes them" [ -z "$(left)" ]
check "root takes them back" rmdir /sys/fs/cgroup/net_cls/fwlab /sys/fs/cgroup/unified/given
umount /sys/fs/cgroup/net_cls

# lab/run builds and runs; what it needs and only root can install, it names. (That the build works is not told here.)
mkdir -p sources/lab bin
cp "$root/lab/run" "$root/lab/packages.sh" sources/lab
cat >bin/cmake <<END
#!/bin/sh
touch build.ninja
mkdir -p $work/sources/build/release
cp $work/users-own $work/sources/build/release/fwlab
END
chmod 755 bin/cmake
lab_run() { # ARGUMENT...
	status=0
	as_user env PATH="$work/bin:$PATH" "$work/sources/lab/run" "$@" >out 2>err </dev/null || status=$?
}
lab_run "$work/scenarios/first-lesson"
ends_with 3 "lab/run in sources of root's"
says "cannot write to .*/sources/build/release" "lab/run in sources of root's"
chown -R "$user_id:$user_id" sources
lab_run "$work/scenarios/first-lesson"
ends_with 0 "lab/run"
check "lab/run: it has run" grep -q '^fwlab: 20 passed, 0 failed' out
sed -i 's/^PACKAGES_RUN="/&no-such-package no-other-package|perl-base /' sources/lab/packages.sh
lab_run "$work/scenarios/first-lesson"
ends_with 3 "lab/run without a package"
is_silent "lab/run without a package"
says '^fwlab: needs packages that are not installed. As root:$' "lab/run without a package"
says 'apt-get install --no-install-recommends no-such-package *$' "lab/run without a package"

finish
