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
missing features net_cls "no net_cls" "CONFIG_CGROUP_NET_CLASSID"
fwlab doctor
check "tools are missing: in words" grep -qE '^  MISSING +ferm ' out
check "tools are missing: the cure in words" grep -qE "cure +install the package 'ferm'" out
umount "$ferm" "$legacy" /proc/cgroups

# Whoever may not build labs
cp "$fwlab" fwlab
chmod 755 . fwlab
user=$fwlab
fwlab=$work/as
cat >as <<END
#!/bin/sh
exec setpriv \$HOW $work/fwlab "\$@"
END
chmod 755 as
export HOW='--bounding-set=-sys_admin --inh-caps=-sys_admin'
doctor
ends_with 3 "root without CAP_SYS_ADMIN"
row labs root '.ok'
missing labs "namespaces and mounts" "[Oo]peration not permitted" "CAP_SYS_ADMIN"
missing labs nftables "not tried" "CONFIG_NF_TABLES"
export HOW='--reuid=65534 --regid=65534 --clear-groups'
doctor
ends_with 3 "an ordinary user"
check "an ordinary user: cannot run" jq -e '.can_run | not' out
missing labs root "needs root" "as root"
fwlab doctor
ends_with 3 "an ordinary user, in words"
check "an ordinary user, in words" grep -q '^fwlab: scenarios cannot be run here' out
fwlab=$user

finish
