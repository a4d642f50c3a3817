#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The jails of a web server's slave: each stops what the README's table says, and no jail that was
# weakened passes for a whole one.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

for tool in nginx exim4 perl; do
	command -v "$tool" >/dev/null || skip "there is no $tool"
done

scenario=$root/scenarios/jailed-slave
run_json --jobs 2 "$scenario"
ends_with 0 "all variants"
report_has '.totals | .failed == 0 and .inconclusive == 0 and .passed >= 240' "all variants"
report_has '[.scenarios[].variants[] | select(.skipped) | .name] - ["apparmor", "apparmor-stream", "selinux"] == []' \
	"only what the kernel lacks is skipped"
cp out whole.json

# PROBE VARIANT: what came of it over each family
came() {
	jq -r --arg p "$1" --arg v "$2" '[.scenarios[].variants[] | select(.name == $v) | .probes[] |
		select(.name == $p) | .outcome + " " + (.evidence.kind // "")] | unique | join(", ")' whole.json
}

is() { # PROBE VARIANT OUTCOMES
	got=$(came "$1" "$2")
	check "$2, $1: $got, not $3" [ "$got" = "$3" ]
}

is "the net, a high port" free "allowed arrival"
is "the net, a high port" owner "allowed arrival, rejected icmp"
is "the net, a web server" both "rejected icmp"
is "the net, a web server" landlock "confined landlock"
is "the net, a web server" seccomp "confined seccomp"
is "the net, a web server" network "confined network"
is "the net, a web server" cgroup "confined cgroup"
is "the net, UDP" landlock "allowed arrival"
is "mail by code, to the MTA" cgroup "allowed reply"
is "a page, over a UNIX socket" shut "allowed reply"

# The rule that refuses is the file's, in the file's words.
cp whole.json out
report_has '[.scenarios[].variants[] | select(.name == "owner") | .probes[] | select(.outcome == "rejected") |
	.evidence | select(.host != "web" or .hook != "output" or .chain != "slave_chain" or .file != "slave.iptables")] == []' \
	"whose rule"

# A jail with a hole in it fails, each for its hole.
hole() { # VARIANT SED-SCRIPT FILE FAILING-PROBE...
	variant=$1 script=$2 file=$3
	shift 3
	rm -rf holed
	cp -R "$scenario" holed
	sed -i "$script" "holed/$file"
	check "$variant: '$script' changes $file" test -n "$(diff -q "$scenario/$file" "holed/$file")"
	run_json --variant "$variant" holed
	check "$variant with $script: ends with status 1 or 3, not $status" [ "$status" = 1 -o "$status" = 3 ]
	for probe; do
		report_has '[.scenarios[].variants[].probes[] | select(.name == "'"$probe"'" and (.passed | not))] != []' \
			"$variant with $script: $probe"
	done
}

hole landlock 's/connect: \[\]/connect: [25, 80, 8080]/' scenario.yaml "the net, a web server" "the net, a high port" "mail by code, to the MTA"
hole seccomp 's/families: \[inet, inet6\]/families: [inet6]/' scenario.yaml "the net, a web server" "ping"
hole cgroup 's,allow: \[127.0.0.0/8,&\, 10.10.30.0/24,' scenario.yaml "the net, a web server" "the net, UDP"
hole shut 's/network: none, no_new_privs: true/network: none/' scenario.yaml \
	"mail by the setuid sendmail" "what the other end has got in the end"
hole no-new-privs 's/no_new_privs: true/no_new_privs: false/' scenario.yaml \
	"mail by the setuid sendmail" "what the other end has got in the end"
# shellcheck disable=SC2016 # the script is sed's, and web.sh's
hole chroot 's,^cp slave.pl,mount --bind /usr "$cell/usr"; &,' web.sh "mail by the setuid sendmail"

# What the README proposes: the pages still work, and the database is shut.
rm -rf tried
cp -R "$scenario" tried
sed -i 's/^\(-A slave_chain -d .*\) -j ACCEPT/\1 -m tcp --sport 9000 -j ACCEPT/' tried/slave.ip*
run_json --variant both tried
ends_with 1 "by source port"
report_has '[.scenarios[].variants[].probes[] | select(.passed | not) | .name] | unique ==
	["its own host, the database", "its own host, the database over IPv6"]' "by source port"

finish
