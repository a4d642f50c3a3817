#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# fwlab run --prove-untouched notices what changes on the machine meanwhile, whoever does it, and
# nothing else. What a lab itself leaves is for all the other tests: they run so too.
# shellcheck source=tests/e2e/lib.sh
# shellcheck disable=SC2016 # what happens meanwhile is run then
. "$(dirname "$(readlink -f "$0")")/lib.sh"

proved=no # but where it is asked for
mkdir scenario
mkfifo go
cat >scenario/scenario.yaml <<YAML
name: waiting
hosts: { a: { services: [ tcp/80 ] } }
probes:
  - { from: a, run: "read line <$work/go", expect: exit 0 }
YAML
waiting=scenario/scenario.yaml

# A run in the middle of which a line of shell is run, on the machine.
meanwhile() { # LINE [ARGUMENT]...
	line=$1
	shift
	(
		exec 9>go # waits for the probe
		eval "$line" >"$work/meanwhile" 2>&1 || echo "status $?" >>"$work/meanwhile"
		echo >&9
	) &
	fwlab run --prove-untouched "$@" "$waiting"
	exec 8<>go # where the probe has never begun, nobody else does
	wait $!
	exec 8>&-
	check "$line: done" [ ! -s meanwhile ]
}

notices() { # WHAT LINE UNDONE-LINE REGEX...
	case=$1
	meanwhile "$2"
	ends_with 3 "$case"
	says '^fwlab run: the machine is not as it was before the run$' "$case"
	check "$case: the report is as ever" grep -q '^fwlab: 1 passed, 0 failed' out
	undone=$3
	shift 3
	for regex; do
		says "$regex" "$case"
	done
	eval "$undone"
}

meanwhile true
ends_with 0 "nothing happens"
check "nothing happens: and nothing is said" [ ! -s err ]

# What a machine that is in use does all the time
meanwhile 'sh -c "sleep 0" & date >/tmp/busy; rm /tmp/busy; wait $!; ping -qc 1 127.0.0.1 >/dev/null'
ends_with 0 "the machine is used"
: >/tmp/log
meanwhile 'date >>/tmp/log; date >>out; date >>"$work/aside"'
ends_with 0 "others write where they do all the time"

# Each section
notices "a file" 'echo >scenario/new' 'rm scenario/new' \
	'^  files$' "^    \\+ $work/scenario/new, mode 100644, owner 0:0, inode [0-9]+, 1 bytes"
echo one >scenario/old
notices "a file's content" 'echo two >scenario/old' 'rm scenario/old' \
	"^    - $work/scenario/old, mode" "^    \\+ $work/scenario/old, mode"
: >/tmp/here
notices "a file that is gone" 'rm /tmp/here' true '^    - /tmp/here, mode'
notices "a link" 'ip link add veth7 type veth peer name veth8' 'ip link del veth7' \
	'^  links$' '^    \+ veth7 ' '^    \+ veth8 ' '^  sysctls$'
notices "a link's state" 'ip link set lo mtu 1400' 'ip link set lo mtu 65536' \
	'^    - lo .*mtu 65536' '^    \+ lo .*mtu 1400'
notices "an address and its route" 'ip address add 10.9.8.7/24 dev lo' 'ip address del 10.9.8.7/24 dev lo' \
	'^  addresses$' '^    \+ 10\.9\.8\.7/24' '^  routes$' '^    \+ .*10\.9\.8\.0/24'
notices "a route of a table" 'ip route add 10.7.0.0/16 dev lo table 77' 'ip route flush table 77' \
	'^    \+ .*10\.7\.0\.0/16 table 0x4d '
notices "a routing rule" 'ip rule add fwmark 7 lookup 77' 'ip rule del fwmark 7' '^  routes$' '^    \+ .*lookup 0x4d '
nft -f - <<'NFT'
table ip mine { chain out { type filter hook output priority 0; tcp dport 1 counter drop; tcp dport 2 drop; }; }
NFT
notices "a rule" 'nft insert rule ip mine out tcp dport 3 drop' 'nft delete table ip mine' \
	'^  firewall$' '^    \+ table ip mine .*chain out .*tcp dport 3 drop'
notices "a sysctl" 'echo 1 >/proc/sys/net/ipv4/ip_forward' 'echo 0 >/proc/sys/net/ipv4/ip_forward' \
	'^  sysctls$' '^    - net/ipv4/ip_forward: 0' '^    \+ net/ipv4/ip_forward: 1'
notices "a mount" 'mount -t tmpfs none /srv' 'umount /srv' '^  mounts$' '^    \+ .* /srv .* tmpfs'
notices "a named namespace" 'ip netns add left' 'ip netns del left' \
	'^  mounts$' '^    \+ .* /run/netns/left ' '^  files$' '^    \+ /run/netns/left,'
notices "a port" 'perl -MIO::Socket::INET -e '\''
		my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1:4711") or die;
		fork and exit; open STDOUT, ">/dev/null"; open STDERR, ">/dev/null"; sleep 600'\''
	listener=$(pgrep -f 127.0.0.1:4711); echo $listener >listener' \
	'kill $(cat listener)' '^  listening sockets$' '^    \+ tcp 0100007F port 4711$'
notices "a UNIX socket" 'perl -MIO::Socket::UNIX -e '\''
		my $s = IO::Socket::UNIX->new(Listen => 1, Local => "/mnt/heard") or die;
		fork and exit; open STDOUT, ">/dev/null"; open STDERR, ">/dev/null"; sleep 600'\''
	listener=$(pgrep -f /mnt/heard); echo $listener >listener' \
	'kill $(cat listener); rm /mnt/heard' '^    \+ unix /mnt/heard$'

# The legacy tables are looked at, and never made by looking.
check "looking makes no legacy table" [ ! -s /proc/net/ip_tables_names ]
if command -v iptables-legacy >/dev/null && iptables-legacy -A OUTPUT -p tcp --dport 1 -j DROP; then
	meanwhile true
	ends_with 0 "legacy tables"
	notices "a legacy rule" 'iptables-legacy -A OUTPUT -p tcp --dport 2 -j DROP' 'iptables-legacy -F' \
		'^    - legacy tables: all rules sum up to ' '^    \+ legacy tables: all rules sum up to '
fi

# Its reports are the run's own business, wherever they are; a stopped run is compared too.
meanwhile true --report json=scenario/report.json --report text=/tmp/report
ends_with 0 "a report in the scenario's folder"
rm -f scenario/report.json /tmp/report
meanwhile 'echo >scenario/new; kill -TERM $(pgrep -xo fwlab)'
ends_with 143 "a run that is stopped"
says '^    \+ .*/scenario/new,' "a run that is stopped"
rm scenario/new

# More than anybody wants to read
meanwhile 'seq -f scenario/%04g 100 | xargs touch'
says '^    and 80 more$' "many files"

finish
