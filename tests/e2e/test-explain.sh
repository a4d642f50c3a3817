#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# fwlab explain: a probe's way there and back, the rule that decided, and what was missed by little.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

explain() {
	fwlab explain --colour never "$@"
}

# What it tells of the probe, with ports and nonces that differ from run to run made alike.
tells() { # WHAT, and what is expected on standard input
	cat >expected
	sed -E -e 's/:[0-9]{5} /:PORT /g' -e 's/:[0-9]{5}$/:PORT/' \
		-e 's/^(  answer .* )[0-9]+-[0-9a-f]+$/\1NONCE/' -e '/^sent alone/d' "$work/out" >told
	same "$1" expected told
}

explain --variant blocked --family ipv4 "$root/scenarios/pbuilder-apt" "uuidd, who has"
ends_with 0 "uuidd"
tells "uuidd" <<'END'
pbuilder-apt, blocked: uuidd, who has apt's number outside (ipv4)
  buildd, as uuidd, connect mirror port 80/tcp (10.10.20.2)
  the way there
    buildd: tcp 10.10.20.10:PORT > 10.10.20.2:80 SYN
      output: legacy ip filter OUTPUT
        -A OUTPUT -o ens3 -m limit --limit 1/sec --limit-burst 10 -j NFLOG --nflog-prefix out  (blocked.ferm:31)
        log: "out" to NFLOG group 0, uid 100, gid 100
        -A OUTPUT -o ens3 -m limit --limit 10/sec --limit-burst 100 -j REJECT --reject-with icmp-admin-prohibited  (blocked.ferm:32)  <- rejected here
      near miss: -A OUTPUT -o ens3 -p tcp -m tcp --dport 80 -m owner --uid-owner 0 -j ACCEPT  (blocked.ferm:22)
        but for uid 0 (the packet's is 100)
  outcome   rejected admin-prohibited
  why       buildd answered with ICMP admin-prohibited before the packet left
  icmp      admin-prohibited (ICMP type 3 code 13) from 10.10.20.10
  saw       connect: No route to host
  expected  reject admin-prohibited, hook output, by "-j REJECT"

END

# Every variant, over both families, unless told otherwise.
explain "$root/scenarios/pbuilder-apt" "uuidd, who has"
ends_with 0 "every variant"
check "every variant" test "$(grep -c '^pbuilder-apt, .*uuidd' out)" -eq 12
check "the miss in each that rejects" test "$(grep -c 'but for uid 0 (the packet.s is 100)' out)" -eq 10

# Through a router that changes where the packet goes, and whence it comes.
explain "$data/explain" "the gateway's PORT"
ends_with 0 "a forwarded port"
tells "a forwarded port" <<'END'
explain, default: by the gateway's port (ipv4)
  client, as web, connect gateway port 8080/tcp (10.6.0.254)
  the way there
    client: tcp 10.6.0.1:PORT > 10.6.0.254:8080 SYN
      output: ip filter OUTPUT
        -A OUTPUT -p tcp -m multiport --dports 80:83,8080 -j web  (client.rules:8)
        chain web
          -A web -m conntrack --ctstate NEW -m owner --uid-owner 1000 -j ACCEPT  (client.rules:10)
    gateway: tcp 10.6.0.1:PORT > 10.6.0.254:8080 SYN
      prerouting: ip nat prerouting
        iifname "in0" tcp dport 8080 dnat to 10.7.0.2:80  (gateway.nft:4)
      now tcp 10.6.0.1:PORT > 10.7.0.2:80 SYN
      forward: inet fw forward
        jump services  (gateway.nft:23)
        chain services
          tcp dport { 80, 82, 83 } accept  (gateway.nft:15)
      postrouting: ip nat postrouting
        oifname "out0" tcp dport 80 masquerade  (gateway.nft:8)
    server: tcp 10.7.0.254:PORT > 10.7.0.2:80 SYN
      input: inet fw input
        policy accept
  the way back
    server: tcp 10.7.0.2:80 > 10.7.0.254:PORT SYN ACK
      output: inet fw output
        policy accept
    gateway: tcp 10.7.0.2:80 > 10.6.0.1:PORT SYN ACK
      forward: inet fw forward
        ct state established accept  (gateway.nft:22)
    client: no rule is met
  outcome   allowed
  why       server received it and answered
  answer    fwlab server 80 NONCE
  received  server
  expected  allow at server

END

explain --family ipv6 "$data/explain" "stopped on the way"
ends_with 0 "stopped on the way"
tells "stopped on the way" <<'END'
explain, default: stopped on the way (ipv6)
  client, as web, connect server port 81/tcp (fd00:7::2)
  the way there
    client: tcp [fd00:6::1]:PORT > [fd00:7::2]:81 SYN
      output: ip6 filter OUTPUT
        -A OUTPUT -p tcp -m multiport --dports 80:83,8080 -j web  (client.rules:8)
        chain web
          -A web -m conntrack --ctstate NEW -m owner --uid-owner 1000 -j ACCEPT  (client.rules:10)
    gateway: tcp [fd00:6::1]:PORT > [fd00:7::2]:81 SYN
      forward: inet fw forward
        jump services  (gateway.nft:23)
        policy drop  (gateway.nft:21)  <- dropped here
      near miss: tcp dport 81 ip6 saddr fd00:6::99 accept  (gateway.nft:17)
        but for source address fd00:6::99 (the packet's is fd00:6::1)
      near miss: tcp dport { 80, 82, 83 } accept  (gateway.nft:15)
        but for destination port 80,82,83 (the packet's is 81)
  outcome   dropped
  why       gateway dropped it at its forward
  expected  drop

END

# The answer is dropped where it leaves.
explain --family ipv4 "$data/explain" "stopped on the way back"
ends_with 0 "the way back"
check "the way back: where it ends" grep -q 'tcp sport 83 drop  (server.nft:8)  <- dropped here' out
check "the way back: nobody is told of after that" test "$(sed -n '/the way back$/,$p' out | grep -c '^    [a-z]*: ')" -eq 1

# What cannot be looked up must have been it; rules for other ports come last.
cat >dark.nft <<'END'
table inet fw {
	set ok { type ipv4_addr; elements = { 10.9.9.9 }; }
	chain input {
		type filter hook input priority 0; policy drop;
		tcp dport 9999 accept
		ip saddr @ok tcp dport 22 accept
		ct mark 7 tcp dport 26 accept
		tcp dport 8888 accept
	}
}
END
cat >dark.yaml <<'END'
name: dark
hosts: { client: {}, server: { services: [ tcp/22, tcp/26 ] } }
policies: { server: { nft: dark.nft } }
probes:
  - { name: set, from: client, connect: "server:22", family: ipv4, expect: drop }
  - { name: mark, from: client, connect: "server:26", family: ipv4, expect: drop }
END
near() { # PROBE LINE BUT
	explain dark.yaml "$1"
	ends_with 0 "dark: $1"
	grep -A 1 'near miss: ' out | grep -v '^--' >misses
	check "dark: $1: three are told of" [ "$(wc -l <misses)" -eq 6 ]
	check "dark: $1: the first" sh -c "sed -n 1p misses | grep -qF '(dark.nft:$2)'"
	check "dark: $1: why" sh -c "sed -n 2p misses | grep -qx '        but for $3'"
}
near set 6 'source address in @ok'
near mark 7 'ct mark 0x00000007'

# What is expected decides the status, as it does for run.
sed 's/as: mail, \(.*\) expect: drop/as: mail, \1 expect: allow/' "$data/explain/scenario.yaml" >scenario.yaml
cp "$data/explain/"*.rules "$data/explain/"*.nft .
explain --family ipv4 . "somebody else"
ends_with 1 "another expectation"
check "another expectation: what differs" grep -q '^  but  .*expected allow' out

# The user's own policy in place of the scenario's.
printf 'table inet fw { chain o { type filter hook output priority 0; reject; }; }\n' >own.nft
explain --policy client=nft:own.nft --family ipv4 "$data/explain" "straight"
ends_with 1 "another policy"
check "another policy: is the one that decides" grep -q 'reject  (own.nft:1)  <- rejected here' out

# Where there is nothing to tell, that is told.
explain "$root/scenarios/pbuilder-apt" "who 100 is on" --variant blocked
ends_with 0 "a program"
check "a program: its outcome" grep -q '^  outcome   exited exit 0' out

# A policy that is refused is complained about once, in however many variants it is.
printf 'no policy\n' >wrong.nft
cat >twice.yaml <<'END'
name: twice
hosts: { a: , b: { services: [tcp/80] } }
variants: { one: { b: { nft: wrong.nft } }, two: { b: { nft: wrong.nft } } }
probes:
  - { from: a, connect: b:80, expect: allow }
END
explain twice.yaml b:80
ends_with 2 "a policy that is refused"
check "a policy that is refused: once" test "$(grep -c 'error: this policy is not valid' out)" -eq 1
check "a policy that is refused: in both" grep -q '^twice, two: the lab failed, as above$' out
fwlab run twice.yaml
check "a policy that is refused: is counted" grep -q '^fwlab: 0 passed, 0 failed, 4 inconclusive, 2 policies refused in 2 variants' out

# A policy that remembers: what is sent alone has not knocked, and that is said.
cat >knock.nft <<'END'
table inet fw {
	set knocked { type ipv4_addr; flags dynamic; }
	chain in {
		type filter hook input priority filter; policy drop;
		ct state established accept
		tcp dport 7000 add @knocked { ip saddr } drop
		ip saddr @knocked tcp dport 22 accept
	}
}
END
cat >knock.yaml <<'END'
name: knock
networks: { lan: { subnets: [10.0.0.0/24] } }
hosts: { a: { links: { e: lan } }, b: { links: { e: lan }, services: [tcp/22] } }
policies: { b: { nft: knock.nft } }
probes:
  - { name: before, from: a, connect: b:22, expect: drop }
  - { name: knock, from: a, connect: b:7000, expect: drop at b }
  - { name: after, from: a, connect: b:22, expect: allow at b }
END
fwlab run knock.yaml
ends_with 0 "knocking"
explain knock.yaml after
ends_with 1 "without knocking"
check "without knocking: what was not sent" \
	grep -qx 'sent alone, without the 2 probes before it; --all-before sends these first' out
explain --all-before knock.yaml after
ends_with 0 "knocking first"
check "knocking first: one probe is told of" test "$(grep -c '^  outcome' out)" -eq 1
check "knocking first: and nothing else" sh -c '! grep -q "sent alone" out'
explain knock.yaml before
ends_with 0 "the first probe"
check "the first probe: nothing was left out" sh -c '! grep -q "sent alone" out'

bad() { # WHAT REGEX ARGUMENT...
	what=$1 regex=$2
	shift 2
	fwlab explain "$@"
	ends_with 2 "$what"
	says "$regex" "$what"
	is_silent "$what"
	starts_nothing "$what"
}
bad "no probe" "takes a scenario and a probe" "$data/explain"
bad "too many" "takes a scenario and a probe" "$data/explain" a b
bad "an unknown probe" "did you mean 'a question'" "$data/explain" "a qestion"
bad "nothing like it" "no probe has 'zzzzzzzzzzzz'" "$data/explain" zzzzzzzzzzzz
bad "two that it may be" "'stopped on the way', 'stopped on the way back'" "$data/explain" "on the way"
bad "the wrong family" "over ipv4 only" --family ipv6 "$data/explain" "gateway's port"
bad "no family" "family 'ipv5' is not known" --family ipv5 "$data/explain" "a ping"
bad "no variant" "did you mean 'default'" --variant defalt "$data/explain" "a ping"
bad "several scenarios" "name one of them" "$data" "a ping"
bad "no such policy" "nowhere.nft" --policy client=nft:nowhere.nft "$data/explain" "a ping"
bad "no such scenario" "nowhere" nowhere "a ping"

finish
