#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The doctor finds what is there and what is not, says what to do about it, and whether labs can be built.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

doctor() {
	fwlab doctor --report json "$@"
}

# A row meets a condition: row GROUP NAME CONDITION
row() {
	check "$1: $2: $3" jq -e --arg group "$1" --arg name "$2" \
		"[.rows[] | select(.group == \$group and .name == \$name)] | length == 1 and (.[0] | $3)" out
}

missing() { # GROUP NAME REASON CURE
	row "$1" "$2" "(.ok | not) and (.reason | test(\"$3\")) and (.cure | test(\"$4\"))"
}

doctor
ends_with 0 "the doctor"
check "the doctor: all can be run" jq -e '.schema == 1 and .can_run' out
check "the doctor: each row is there or has a cure" \
	jq -e 'all(.rows[]; .ok or ((.reason | length > 0) and (.cure | length > 0)))' out
check "the doctor: nothing is the matter with what is there" \
	jq -e 'all(.rows[]; (.ok | not) or (.reason == null and .cure == null))' out
check "the doctor: all that labs take" jq -e '[.rows[] | select(.group == "labs")] | length > 3 and all(.ok)' out
for kind in ferm nft iptables iptables-nft iptables-legacy ip6tables ip6tables-nft ip6tables-legacy script; do
	row policies $kind '.detail | test("package ")'
done
row policies iptables-nft '.detail | test("package iptables, .*v[0-9.]+ .nf_tables.")'
row policies ferm '.detail | test("package ferm, ferm [0-9.]+")'
row features net_cls '.detail | length > 0'

fwlab doctor
ends_with 0 "the doctor's words"
check "the doctor's words: a section" grep -qx policies out
check "the doctor's words: the last line" grep -qE '^fwlab: scenarios can be run here; [0-9]+ of [0-9]+ things are missing$' out
fwlab doctor --report xml
ends_with 2 "a report that is none"

# What scenarios need besides
doctor "$data/skipped" "$root/scenarios"
ends_with 0 "scenarios' needs"
missing programs no-such-program "no program" "install the package 'no-such-package'"
row programs lxc-execute '.detail | test("package lxc")'
printf 'name: x\nhosts: {}\n' >bad.yaml
doctor bad.yaml
ends_with 2 "a bad scenario"
is_silent "a bad scenario"

# A machine without ferm, whose iptables is silent about its version, without net_cls
ferm=$(command -v ferm)
legacy=$(readlink -f "$(command -v ip6tables-legacy-restore)")
mount --bind /dev/null "$ferm"
printf '#!/bin/sh\nexit 1\n' >broken
chmod 755 broken
mount --bind broken "$legacy"
grep -v '^net_cls' /proc/cgroups >cgroups
mount --bind cgroups /proc/cgroups
doctor
ends_with 0 "tools are missing"
missing policies ferm "no program 'ferm'" "install the package 'ferm'"
row policies ip6tables-legacy '.ok and .detail == "package iptables"'
missing features net_cls "net_cls cgroups are not" "CONFIG_CGROUP_NET_CLASSID"
fwlab doctor
check "tools are missing: in words" grep -qE '^  MISSING +ferm ' out
check "tools are missing: the cure in words" grep -qE "cure +install the package 'ferm'" out
umount "$ferm" "$legacy" /proc/cgroups

# Whoever may not build labs
cp "$fwlab" fwlab
chmod 755 . fwlab
roots_fwlab=$fwlab
fwlab=$work/as
cat >as <<END
#!/bin/sh
exec setpriv \$HOW $work/fwlab "\$@"
END
chmod 755 as
export HOW='--bounding-set=-sys_admin --inh-caps=-sys_admin'
doctor
ends_with 3 "root without CAP_SYS_ADMIN"
row labs user '.ok'
missing labs "namespaces and mounts" "[Oo]peration not permitted" "CAP_SYS_ADMIN"
missing labs nftables "not tried" "^mend that"
fwlab=$roots_fwlab

# An ordinary user can run labs; what root alone can do is missing, with the cure for users.
make_user 65536
fwlab=$users_fwlab
doctor
ends_with 0 "an ordinary user"
check "an ordinary user: can run" jq -e .can_run out
row labs user '.ok and (.detail | test("ordinary"))'
check "an ordinary user: all that labs take" jq -e '[.rows[] | select(.group == "labs")] | length > 3 and all(.ok)' out
row features subordinate-ids '.ok'
row features unprivileged-userns '.ok'
row programs newuidmap '.ok'
missing features net_cls "for this user" "make a cgroup .fwlab. right below its root"
missing features cgroup2 "not this user" "systemd-run --user"
missing features memory-limit "as much memory" "systemd-run --user"
missing features process-limit "as many processes" "systemd-run --user"
missing features bpf "cannot be loaded" "^run as root$"
missing features file-owners "nobody" "root"
row policies ferm '.detail | test("package ferm, ferm [0-9.]+")'
check "an ordinary user: nothing is said" [ ! -s err ]

give_subordinates 1000
doctor
ends_with 0 "some subordinate ids"
missing features subordinate-ids "has 1000 of 65536: .* from 1001 on" "usermod --add-subuids .* $user\$"
give_subordinates 0
doctor
ends_with 3 "no subordinate ids"
check "no subordinate ids: cannot run" jq -e '.can_run | not' out
missing labs user "you have no subordinate ids" "usermod --add-subuids .* $user\$"
missing labs "namespaces and mounts" "not tried" "^mend that"
check "no subordinate ids: no cure for what has not been tried" \
	jq -e '[.rows[] | select(.reason // "" | startswith("not tried"))] | length == 4 and all(.cure | test("CONFIG_|systempaths") | not)' out
missing features subordinate-ids "has 0 of 65536" "usermod"
fwlab doctor
check "no subordinate ids, in words" grep -q '^fwlab: scenarios cannot be run here' out
give_subordinates 65536

: >empty
for program in newuidmap getsubids; do
	program=$(command -v $program)
	mount --bind empty "$program"
	doctor
	ends_with 3 "no $program"
	missing labs user "newuidmap.* cannot be run" "install the package 'uidmap'"
	umount "$program"
done

# Ubuntu's sysctl, on a machine that need not have it; the rest of these is the machine's.
mkdir kernel
mount --bind /proc/sys/kernel kernel
mount -t tmpfs none /proc/sys/kernel
for name in ns_last_pid cap_last_cap overflowuid overflowgid; do
	: >/proc/sys/kernel/$name
	mount --bind kernel/$name /proc/sys/kernel/$name
done
echo 1 >/proc/sys/kernel/apparmor_restrict_unprivileged_userns
doctor
ends_with 3 "AppArmor's restriction" # and, because of what is mounted there, no /proc for a lab
missing features unprivileged-userns "AppArmor takes from ordinary users" "flags=.unconfined. { userns, }.*apparmor_parser.*sysctl -w"
echo 0 >/proc/sys/kernel/apparmor_restrict_unprivileged_userns
doctor
row features unprivileged-userns '.ok'
umount -R /proc/sys/kernel
umount kernel
finish
