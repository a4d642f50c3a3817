#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What is wrong with a scenario, a policy or a command line is said where it is, and nothing is started.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

# scenario.yaml is refused, for these reasons (extended regular expressions).
bad() { # WHAT REGEX...
	name=$1
	shift
	fwlab run scenario.yaml
	ends_with 2 "$name"
	is_silent "$name"
	starts_nothing "$name"
	for regex; do
		says "$regex" "$name"
	done
	cp err run.err
	fwlab check scenario.yaml
	ends_with 2 "$name, checked"
	check "$name: check says the same as run" cmp run.err err
}

# scenario.yaml is a good one, but for what sed does to it: spoil SED-SCRIPT
spoil() {
	sed "$1" >scenario.yaml <<-'END'
		name: spoilt
		networks:
		  lan: { subnets: [10.1.0.0/24] }
		  wan: { subnets: [10.2.0.0/24] }
		hosts:
		  one: { links: { eth0: { network: lan, addresses: [10.1.0.1] } }, services: [tcp/80] }
		  two: { links: { eth0: { network: lan, addresses: [10.1.0.2] }, eth1: wan } }
		  three: { links: { eth0: wan }, cgroups: { c: { net_cls: "10:10" } } }
		policies: { one: { nft: good.nft } }
		probes:
		  - { name: only, from: two, as: root, connect: one:80/tcp, expect: allow }
	END
}

: >good.nft
spoil ''
fwlab check scenario.yaml
ends_with 0 "the scenario that is spoilt below"

at='^scenario.yaml:'
: >scenario.yaml
bad "an empty file" "^scenario.yaml: error: the file is empty"
printf 'name: x\nhosts:\n\ta:\n' >scenario.yaml
bad "a tab" "${at}3:1: error: .*tab"
spoil 's/^name: spoilt/&\n&/'
bad "a key twice" "${at}2:1: error: .*'?name'?.*line 1"
spoil 's/from: two/from: tow/'
bad "an unknown host" "${at}11:25: error: unknown host 'tow'; did you mean 'two'"
spoil 's/10\.2\.0\.0/10.1.0.0/'
bad "a subnet twice" "${at}4:20: error: subnet 10.1.0.0/24 is given twice.*line 3"
spoil 's,10\.2\.0\.0/24,10.1.0.128/25,'
bad "subnets that overlap" "${at}4:20: error: subnet 10.1.0.128/25 overlaps with 10.1.0.0/24"
spoil 's/\[10\.1\.0\.1\]/[10.9.0.1]/'
bad "an address outside its subnet" "${at}6:53: error: '10.9.0.1' is in no subnet of network 'lan'"
spoil 's/as: root/as: nobdy/'
bad "an unknown user" "${at}11:34: error: unknown user 'nobdy'.*did you mean 'nobody'"
spoil 's/one:80/one:70000/'
bad "port 70000 of a probe" "${at}11:53: error: '70000' is not a port"
spoil 's,tcp/80\],tcp/70000],'
bad "port 70000 of a service" "${at}6:83: error: '70000' is not a port"
spoil 's/good\.nft/missing.nft/'
bad "a policy that is missing" "${at}9:25: error: policy 'missing.nft': there is no such file"
spoil 's/good\.nft/./'
bad "a policy that is a folder" "${at}9:25: error: policy '.': it is a folder"
spoil 's/nft: good/ntf: good/'
bad "a kind that is none" "${at}9:20: error: unknown kind of policy 'ntf'; did you mean 'nft'"
spoil 's/10\.1\.0\.2/10.1.0.1/'
bad "two hosts with one address" "${at}7:53: error: 10.1.0.1 is already an address of 'one' \(line 6\)"
spoil 's/"10:10"/"10000:10"/'
bad "a classid that does not fit" "${at}8:60: error: '10000:10' is not a class id of 32 bits"
spoil 's/"10:10"/4294967296/'
bad "a number that is too large for a classid" "${at}8:59: error: '4294967296' is not a class id"
spoil 's/expect: allow/expect: alow/'
bad "an expectation that is none" "${at}11:69: error: unknown expectation 'alow'; did you mean 'allow'"
spoil 's/expect:/expcet:/'
bad "a key that is misspelt" "${at}11:61: error: unknown key 'expcet'.*did you mean 'expect'"
spoil 's/from: two/from: tow/; s/one:80/one:70000/; s/as: root/as: nobdy/; s/nft: good/nft: god/'
bad "several things at once" "${at}9:.*god" "${at}11:25: .*tow" "${at}11:.*70000"

long=$(printf '%300s' '' | tr ' ' n)
spoil "s/^name: spoilt/name: $long/"
bad "a scenario's name of 300 characters" "${at}1:7: error: a scenario's name has at most 63 characters; this one has 300"
spoil "s/three:/$long:/"
bad "a host's name of 300 characters" "${at}8:3: error: a host's name has at most 63"
spoil "s/name: only/name: $long/"
bad "a probe's name of 300 characters" "${at}11:13: error: a probe's name has at most 200"
spoil "s/eth1/$long/"
bad "an interface's name of 300 characters" "${at}7:66: error: an interface's name has at most 15"

spoil ''
head -c 10000000 /dev/zero | tr '\0' '#' >>scenario.yaml
bad "a scenario of 10 MB" "^scenario.yaml: error: a scenario has at most 1 MiB"
head -c 10000000 /dev/zero >scenario.yaml
bad "10 MB of zeroes" "^scenario.yaml: error: a scenario has at most 1 MiB"
head -c 100000 /dev/zero >scenario.yaml
bad "zeroes" "${at}1:1: error"
head -c 100000 /dev/zero | tr '\0' '[' >scenario.yaml
bad "100,000 brackets" "${at}1:[0-9]+: error"
printf 'name: \377\n' >scenario.yaml
bad "what is not UTF-8" "${at}1:7: error: .*UTF-8"
{
	echo 'a: &a [x, x, x, x, x, x, x, x, x, x]'
	for letter in b:a c:b d:c e:d f:e g:f h:g; do
		of="*${letter#*:}"
		echo "${letter%:*}: &${letter%:*} [$of, $of, $of, $of, $of, $of, $of, $of, $of, $of]"
	done
} >scenario.yaml
bad "aliases without end" "${at}[0-9]+:[0-9]+: error"

# What is well written, and would be in vain.
spoil 's,tcp/80\],{ run: [no-such-thing] }],'
bad "a daemon whose program is missing" "${at}6:81: error: service 'no-such-thing': .*there is no such program.*install it"
spoil 's,tcp/80\],{ run: "sleep 1"\, name: d }],; s/two, as: root/one, as: { inside: d }/'
bad "inside of what is no jail" "${at}11:36: error: service 'd' has no namespaces .*takes 'jails: true'"
spoil 's/expect: allow/expect: confined landlock/'
bad "confined by what it is not" "${at}11:69: error: the probe is never confined by landlock"
spoil 's,connect: one:80/tcp,apt: update,'
bad "apt without packages" "${at}11:45: error: no host has an apt service"
spoil 's,services: \[,files: { /etc/passwd/x: y }\, &,'
bad "a file below a file" "${at}6:77: error: '/etc/passwd' is a file"
spoil 's,services: \[,start: /proc/version\, &,'
bad "a script that no host sees" "${at}6:75: error: start script '/proc/version': a host has a /dev, /proc"
mount -t tmpfs none /dev/shm
mkdir /dev/shm/unseen
printf 'name: unseen\nhosts: { a: }\nprobes: [{ from: a, run: "true" }]\n' >/dev/shm/unseen/scenario.yaml
fwlab check /dev/shm/unseen
ends_with 2 "a folder that no host sees"
says "unseen/scenario.yaml: error: the scenario's folder, in which its programs start: a host has" \
	"a folder that no host sees"
umount /dev/shm

# A profile that is not loaded, on a machine with AppArmor; without it, a skip that need not be asked for.
profile() { # PROFILE
	spoil "s/as: root/as: { apparmor: $1 }/"
}
profile none
mount -t tmpfs none /sys/module
fwlab check scenario.yaml
ends_with 0 "a profile without AppArmor"
check "it is needed" grep -q 'needs apparmor, which is missing here' out
fwlab run scenario.yaml
ends_with 0 "a profile without AppArmor, run"
check "it is skipped" grep -q '0 passed, 0 failed, 0 inconclusive, 1 skipped' out
mkdir -p /sys/module/apparmor/parameters
echo Y >/sys/module/apparmor/parameters/enabled
mount -t tmpfs none /sys/kernel/security
mkdir /sys/kernel/security/apparmor
printf 'none of these (enforce)\nweb (complain)\n' >/sys/kernel/security/apparmor/profiles
bad "a profile that is not loaded" "${at}11:36: error: this machine has no AppArmor profile 'none' loaded"
for name in web '"none of these"' '":other:none"'; do
	profile "$name"
	fwlab check scenario.yaml
	ends_with 0 "a profile that is, or may be, loaded: $name"
done
umount /sys/kernel/security /sys/module

# A policy that its own tool refuses: REGEX is what the report says of it.
refused() { # KIND:FILE STATUS REGEX
	fwlab run --policy "fw=${1%%:*}:$data/bad/${1#*:}" "$data/bad"
	ends_with "$2" "$1"
	check "$1: the report says $3" grep -qE "$data/bad/${1#*:}:$3" out
	check "$1: nothing has passed" grep -q '^fwlab: 0 passed, 0 failed, 2 inconclusive, 1 policy refused in 1' out
	check "$1: nothing is ok" [ -z "$(grep '^ *ok' out)" ]
	run_json --policy "fw=${1%%:*}:$data/bad/${1#*:}" "$data/bad"
	ends_with "$2" "$1, in JSON"
	report_has ".totals == {passed: 0, failed: 0, inconclusive: 2, skipped: 0, refused: 1}" "$1"
	report_has ".scenarios[0].variants[0] | .probes == [] and (.error | length > 20)" "$1"
}

refused ferm:syntax.ferm 2 '3: error: this policy is not valid'
refused nft:syntax.nft 2 '4:21: error: this policy is not valid'
for kind in iptables iptables-nft iptables-legacy; do
	refused "$kind:syntax.v4" 2 '3: error: this policy is not valid'
	refused "ip6${kind#ip}:syntax.v6" 2 '3: error: this policy is not valid'
done
refused script:syntax.sh 2 '4: error: this policy is not valid'
refused script:fails.sh 2 ' error: this policy is not valid'
refused nft:loops.nft 2 '7:3: error: the kernel does not take this policy'

# Routers in a circle are nothing bad: every host has a way, and a search for it an end.
fwlab run "$data/circle"
ends_with 0 "a cycle of routers"

# Command lines
mistake() { # REGEX ARGUMENT...
	regex=$1
	shift
	fwlab "$@"
	ends_with 2 "fwlab $*"
	is_silent "fwlab $*"
	starts_nothing "fwlab $*"
	says "$regex" "fwlab $*"
}
good=$data/least
mistake "unknown option '--polcy'; did you mean '--policy'" run --polcy x "$good"
mistake "unknown option '-z'" run -z "$good"
mistake "'--variant' wants" run "$good" --variant
mistake "'rn'.*did you mean 'run'" rn "$good"
mistake "variant 'blockd'; did you mean 'blocked'" run --variant blockd "$root/scenarios/pbuilder-apt"
mistake "no scenario has a variant 'xyz'" run --variant xyz "$good"
mistake "no probe has 'nothing like it' in its name" run --filter 'nothing like it' "$good"
mistake "/nowhere/report" run --report json=/nowhere/report "$good"
mistake "/proc/version" run --report json=/proc/version/report "$good"
mistake "'xml' is not known" run --report xml "$good"
mistake "not a number from 1 to 64" run --jobs 0 "$good"
mistake "not a number from 1 to 64" run --jobs 1000000000000000000000 "$good"
mistake "is not HOST=KIND:FILE" run --policy server "$good"
mistake "kind 'ntf' is not known; did you mean 'nft'" run --policy server=ntf:x "$good"
mistake "host 'sever'.*did you mean 'server'" run --policy "sever=nft:$data/kinds/rules.nft" "$good"
mistake "^--policy: error: policy '/nowhere/x': there is no such file" run --policy server=nft:/nowhere/x "$good"
mistake "/nowhere" run /nowhere
mkdir empty
mistake "empty" run empty
mistake "a scenario's name is empty" check ""
mistake "no scenario given" run
mistake "no scenario given" check

# A good scenario beside a bad one is not run either.
spoil 's/from: two/from: tow/'
fwlab run "$good" scenario.yaml
ends_with 2 "a good and a bad one"
is_silent "a good and a bad one"

finish
