#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Real daemons and start scripts: one that works, and every way in which they do not.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

command -v lighttpd >/dev/null || skip "there is no lighttpd"

cat >up.sh <<'END2'
#!/bin/sh
mkdir -p /var/www/own
echo "Greetings." >/var/www/own/index.html
ip address add 10.9.9.9/32 dev lo
END2
cat >web.conf <<'END2'
server.document-root = "/var/www/own"
server.bind = "0.0.0.0"
server.port = 80
server.username = "www-data"
index-file.names = ("index.html")
END2
cat >drop.nft <<'END2'
table inet filter {
	chain in {
		type filter hook input priority filter; policy accept;
		tcp dport 80 ip saddr 10.7.0.3 drop
	}
}
END2

# A real web server, whose own traffic and processes are nobody's business; a probe of each kind.
cat >good.yaml <<'END2'
name: good
networks: { lan: { subnets: [10.7.0.0/24, "fd00:7::/64"] } }
hosts:
  web:
    links: { eth0: { network: lan, addresses: [10.7.0.1, "fd00:7::1"] } }
    start: up.sh
    services:
      - { run: [lighttpd, -D, -f, web.conf], name: web, ready: [tcp/80, { file: /var/www/own }, { run: pgrep lighttpd }] }
      # As busy as can be, at the very port that is probed.
      - { name: chatter, run: "while :; do nc -z -w1 10.7.0.2 80; done", variants: [busy] }
      - { name: behind, run: "setsid sleep 1000 & exit 0" }
      - { name: flood, run: [yes, "\e[2Jflood"] }
      - { name: deaf, run: "trap '' TERM; : >/run/deaf; while :; do sleep 1000; done", ready: { file: /run/deaf } }
  friend: { links: { eth0: { network: lan, addresses: [10.7.0.2] } }, services: [tcp/80] }
  foe: { links: { eth0: { network: lan, addresses: [10.7.0.3, "fd00:7::3"] } } }
variants:
  quiet: { web: { nft: drop.nft } }
  busy: { web: { nft: drop.nft } }
probes:
  - { name: friend, from: friend, fetch: "http://web/", expect: allow at web }
  - { name: foe, from: foe, connect: "web:80", expect: { ipv4: drop at web, ipv6: unreachable } }
  - { name: again, from: friend, connect: "web:80/tcp", family: ipv4, expect: allow at web }
  - { name: other, from: web, connect: "friend:80/tcp", family: ipv4, expect: allow at friend }
  - { name: user, from: web, run: { argv: [ps, -C, lighttpd, -o, "user="], output: www-data } }
  - { name: own address, from: web, ping: 10.9.9.9, expect: allow at web }
END2
run_json good.yaml
ends_with 0 "a real daemon"
report_has '.totals | .passed == 14 and .inconclusive == 0 and .failed == 0' "a real daemon"
report_has '[.. | select(.name? == "foe" and .family? == "ipv6") | .how] | all(. == "closed port")' \
	"the kernel knows who listens at which address"
run_json --control good.yaml
ends_with 0 "every deny controlled, where the daemon runs too"
run_json --bare good.yaml
ends_with 0 "without instruments"
report_has '[.. | select(.name? == "foe" and .family? == "ipv4") | .outcome] | all(. == "dropped")' \
	"a timeout, with a daemon that would have answered"

sed 's/, expect: allow at web }/, expect: allow at web }\n  - { from: web, run: sleep 1000 }/; /run: \[yes/d' good.yaml >slow.yaml

# One that is at fault: its service as it stands there, the exit status, and what is said.
broken() { # WHAT SERVICE STATUS REGEX...
	title=$1 service=$2 wanted=$3
	shift 3
	printf 'name: broken # %s\nhosts:\n  a: { services: [ { name: d, %s } ] }\nprobes: [ { from: a, run: "true" } ]\n' \
		"$title" "$service" >broken.yaml
	[ -z "${jails:-}" ] || echo 'jails: true' >>broken.yaml
	fwlab run broken.yaml
	ends_with "$wanted" "$title"
	check "$title: at its place" grep -qE "broken.yaml:3:[0-9]+: error: service '[de]' of host a" "$work/out"
	for regex; do
		check "$title: says $regex" grep -qE -e "$regex" "$work/out"
	done
	check "$title: no probe is run" grep -q '0 passed, 0 failed' "$work/out"
}
# Another might have made it.
broken "no such program" 'run: "sleep 1000" }, { name: e, run: [no-such-thing]' 2 \
	"cannot be started: cannot run 'no-such-thing': No such file"
broken "no program" 'run: "sleep 1000" }, { name: e, run: [/etc/passwd]' 2 \
	"cannot be started: cannot run '/etc/passwd': Permission denied"
broken "dies at once" 'run: "echo last words >&2; exit 4", ready: tcp/80' 2 \
	'ended with status 4 before it was ready \(tcp/80\)' 'last words'
broken "is killed" 'run: "kill -SEGV $$", ready: tcp/80' 2 'ended by signal 11'
broken "never gets ready" 'run: "echo waiting; sleep 1000", ready: { file: /run/x }, timeout: 50ms' 3 \
	'was not ready \(/run/x\) within 50 ms' 'waiting'
broken "condition that never ends" 'run: "sleep 1000", ready: { run: "sleep 1000" }, timeout: 50ms' 3 'was not ready'
broken "floods and is not ready" 'run: [yes], ready: { unix: /run/x }, timeout: 50ms' 3 'was not ready' '^ *y$'
broken "somebody else listens" 'run: [sleep, "1000"], ready: tcp/22, timeout: 50ms } , { tcp: 22' 3 'was not ready'
jails=yes
broken "has no namespaces to be inside of" \
	'run: [sleep, "1000"] }, { name: e, run: "true", as: { inside: d }' 2 \
	"cannot be started: service 'd' has no namespaces of its own to be inside of"
jails=
cat >outside.yaml <<'END2'
name: outside
jails: true
hosts: { a: { services: [ { name: d, run: [sleep, "1000"] } ] } }
probes:
  - { name: good, from: a, run: "true" }
  - { name: bad, from: a, as: { inside: d }, run: "true" }
END2
fwlab run outside.yaml
ends_with 2 "a probe inside of what is no jail"
check "it is told where, after what went well" \
	grep -q "outside.yaml:6:33: error: probe 'bad': service 'd' has no namespaces of its own" out
check "what was before it counts" grep -q '^fwlab: 1 passed, 0 failed, 1 inconclusive' out

broken "makes a jail unasked" 'run: [unshare, -m, sleep, "1000"], ready: { file: /run/x }' 2 \
	'Operation not permitted' "takes 'jails: true' in the scenario"

# Nothing that a daemon prints reaches the terminal as it is.
printf '#!/bin/sh\nprintf "\\033[2Jgone"\nexit 1\n' >escape.sh
broken "prints escapes" 'run: "sh ./escape.sh", ready: tcp/80' 2 'ended with status 1' 'gone'
check "no escape reaches a terminal" sh -c "! grep -q \"\$(printf '\\033')\" out"

# It dies while probes are run: what was closed then was nobody's policy.
cat >dies.yaml <<'END2'
name: dies
hosts: { a: { services: [ { run: [sleep, "1000"], name: d } ] } }
probes:
  - { name: before, from: a, run: "true" }
  - { name: kills, from: a, run: pkill -x sleep && while pgrep -x sleep; do :; done }
  - { name: after, from: a, connect: "a:80", expect: unreachable }
END2
fwlab run dies.yaml
ends_with 3 "dies between probes"
check "dies between probes: said" grep -q "service 'd' of host a has died: it was ended by signal 15" out

# Probes that start inside of what a service has made: a network of its own, or the host's.
cat >lo.sh <<'END2'
ip link set lo up
exec sleep 1000
END2
cat >inside.yaml <<'END2'
name: inside
jails: true
hosts:
  a:
    users: { joe: 1000 }
    services:
      - tcp/22
      - { name: alone, run: "exec unshare --net --mount sh ./lo.sh", ready: { run: "pgrep -x sleep" } }
      - { name: beside, run: "exec unshare --mount --pid --fork sh -c 'mount -t tmpfs none /mnt; touch /mnt/x; exec tail -f /dev/null'", ready: { run: pgrep -x tail } }
      - { name: server, as: { inside: alone }, run: "nc -lk 81", ready: { run: "pgrep -x nc" } }
  b: { services: [tcp/22] }
variants:
  plain: {}
  closed: { a: { nft: closed.nft } }
probes:
  - { name: own loopback, from: a, as: { inside: alone }, ping: 127.0.0.1, expect: allow at a/alone }
  - { name: own service, from: a, as: { inside: alone }, connect: "127.0.0.1:81", expect: allow at a/alone }
  - { name: not the host's, from: a, as: { inside: alone }, connect: "127.0.0.1:22", expect: unreachable }
  - { name: nor to the world, from: a, as: { inside: alone }, connect: "b:22", expect: unreachable }
  - { name: the host's network, from: a, as: { inside: beside, user: joe }, connect: "b:22", expect: { plain: allow at b, closed: drop at a } }
  - { name: and loopback, from: a, as: { inside: beside }, connect: "127.0.0.1:22", expect: allow at a }
  - { name: own mounts, from: a, as: { inside: beside }, run: test -e /mnt/x }
  - { name: not the host's files, from: a, run: test ! -e /mnt/x }
  - { name: who it is, from: a, as: { inside: beside, user: joe }, run: { argv: id -un, output: joe } }
END2
printf 'table inet f { chain o { type filter hook output priority 0; oifname "eth0" tcp dport 22 meta skuid joe drop; }; }\n' \
	>closed.nft
for option in "" --bare --control; do
	# shellcheck disable=SC2086 # none or one
	run_json $option inside.yaml
	ends_with 0 "inside, ${option:-with instruments}"
	report_has '[.. | select(.name? == "nor to the world") | .how] | length == 4 and all(. == "no route")' \
		"the jail's own routes, ${option:-with instruments}"
done

# Start scripts.
start() { # WHAT SCRIPT STATUS REGEX
	printf '%s\n' "$2" >start.sh
	printf 'name: start\nhosts: { a: { start: start.sh } }\nprobes: [ { from: a, run: "true" } ]\n' >start.yaml
	fwlab run start.yaml
	ends_with "$3" "$1"
	[ -z "$4" ] || check "$1: says $4" grep -qE -e "$4" out
}
start "a start script that fails" 'echo oh dear >&2; false' 2 'start.sh: error: this start script failed, of host a'
check "it is called what it is" grep -q 'host a: start script .*/start.sh ended with status 1:' out
check "and is no policy" sh -c '! grep -q policy out'
check "its words are shown" grep -q 'oh dear' out
start "a start script with a fault" 'set -e
no-such-command' 2 'start.sh:2: error: this start script failed'
start "a start script that leaves something behind" 'sleep 1000 & exit 0' 0 ''

# However the command dies.
"$fwlab" run slow.yaml >/dev/null 2>&1 &
await pgrep -x lighttpd
check "it is there" pgrep -x lighttpd
kill -KILL $!
wait $! 2>/dev/null
check "and then it is not" await sh -c '! pgrep -x "sleep|lighttpd"'

check "nothing is left" sh -c '! pgrep -x "sleep|yes|lighttpd|nc|tail"'

finish
