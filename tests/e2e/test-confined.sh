#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What a confinement forbids is an outcome of its own, and one that does nothing is noticed.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

cp -r "$data/confined" .
run_json confined
ends_with 0 "every confinement"
outcomes | cut -d'|' -f 2-7 >shown
report_has '[.scenarios[].variants[].probes[] | select(.outcome == "confined")] |
	all(.evidence.host == "a" and .evidence.rule == null and (.how | startswith("by ")))' "how"
report_has '[.scenarios[].variants[] | select(.name == "landlock") | .probes[] | select(.name == "tcp")] |
	all(.how == "by landlock: connect: Permission denied" and .evidence.kind == "landlock" and
		(.why | endswith("without its confinements the same attempt was allowed")))' "landlock"
report_has '[.scenarios[].variants[] | select(.name == "families") | .probes[] |
	select(.name == "a port that the policy refuses too")] |
	all(.how == "by seccomp: socket: Address family not supported by protocol" and
		(.why | endswith("was rejected admin-prohibited")))' "seccomp"
report_has '[.scenarios[].variants[] | select(.name == "below") | .probes[] | select(.name == "tcp")] |
	all(.how == "by cgroup cell: egress filter" and .evidence.kind == "cgroup" and .ms < 400 and
		(.why | test("refused tcp .*:80( SYN)?$")))' "the filter of the cgroup above"

# Neither the instruments nor a control make a difference.
for option in --bare --control; do
	run_json $option confined
	ends_with 0 "$option"
	outcomes | cut -d'|' -f 2-5 >other
	cut -d'|' -f 1-4 shown >wanted
	same "$option: the same outcomes" wanted other
done

# A confinement that does nothing, or does something else, is noticed.
cat >wrong.yaml <<'END'
name: wrong
hosts:
  a: { cgroups: { cell: { v2: true, egress: { allow: [0.0.0.0/0, "::/0"] } } } }
  b: { services: [ tcp/80 ] }
policies: { a: { nft: confined/policy.nft } }
probes:
  - { name: a port that is open, from: a, as: { landlock: { connect: [80] } }, connect: "b:80", expect: confined }
  - { name: a call that is not made, from: a, as: { seccomp: [ptrace] }, connect: "b:80", expect: confined }
  - { name: a family that is not meant, from: a, as: { seccomp: { families: [unix] } }, connect: "b:80", expect: deny }
  - { name: a filter that lets all out, from: a, as: { cgroup: cell }, connect: "b:80", expect: confined cgroup }
  - { name: a call that another makes, from: a, as: { seccomp: [execve] }, connect: "b:80", expect: confined }
  - { name: no new privileges, from: a, as: { no_new_privs: true }, connect: "b:80", expect: deny }
  - { name: a rule instead, from: a, as: { seccomp: [ptrace] }, connect: "b:81", expect: confined }
  - { name: another one, from: a, as: { landlock: { connect: [] }, seccomp: [ptrace] }, connect: "b:80", expect: confined seccomp }
  - { name: no rule, from: a, as: { landlock: { connect: [] } }, connect: "b:80", expect: reject }
  - { name: at a host, from: a, as: { landlock: { connect: [] } }, connect: "b:80", expect: deny at b }
  - { name: no way there, from: a, as: { network: none }, connect: "203.0.113.5:80", expect: confined }
END
run_json wrong.yaml
ends_with 1 "wrong expectations"
report_has '[.scenarios[].variants[].probes[] | select(.passed)] == []' "wrong expectations"
report_has '.totals.inconclusive == 0' "wrong expectations"

# What this machine cannot do is said, and no process runs without it: here it says that it has AppArmor.
cat >lacking.yaml <<'END'
name: lacking
hosts: { a: {}, b: { services: [ tcp/80 ] } }
probes: [ { from: a, as: { apparmor: no-such-profile }, connect: "b:80", expect: allow } ]
END
mount -t tmpfs none /sys/module
mkdir -p /sys/module/apparmor/parameters
echo Y >/sys/module/apparmor/parameters/enabled
run_json lacking.yaml
umount /sys/module
ends_with 3 "a profile that there is not"
report_has '[.scenarios[].variants[] | .error | contains("AppArmor")] == [true]' "a profile that there is not"

finish
