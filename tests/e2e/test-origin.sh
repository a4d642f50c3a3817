#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Where the rule that decided stands in the user's file, in both reports.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$(readlink -f "$0")")/lib.sh"

scenario=$root/scenarios/pbuilder-apt

line_of() { # TEXT FILE
	grep -n "$1" "$2" | cut -d : -f 1
}

run_json "$scenario"
for variant in blocked allow-uid net-cls no-ndp; do
	line=$(line_of ' REJECT ' "$scenario/$variant.ferm")
	report_has "[.scenarios[].variants[] | select(.name == \"$variant\") | .probes[] |
		select(.outcome == \"rejected\").evidence] |
		length > 0 and all(.file == \"$variant.ferm\" and .line == $line)" "$variant"
done
report_has 'all(.scenarios[].variants[].probes[] | select(.outcome == "allowed").evidence;
	.file == null and .line == null)' "an allow"

# As the user wrote it, wherever it is.
cp "$scenario/blocked.ferm" mine.ferm
sed -i '1i # a line more' mine.ferm
line=$(line_of ' REJECT ' mine.ferm)
fwlab run --variant net-cls --filter cgroup --policy buildd=ferm:mine.ferm "$scenario"
ends_with 1 "another policy"
check "another policy: its line" grep -qF -e "-j REJECT --reject-with icmp-admin-prohibited (mine.ferm:$line)" out

# A chain's policy, and a rule of each of the other kinds.
cat >kinds.yaml <<'END'
name: kinds
hosts: { a: { files: { /etc/own.d/1.nft: { file: rules.nft } } }, b: { services: [ tcp/80, tcp/81 ] } }
variants:
  ferm: { a: { ferm: chain.ferm } }
  nft: { a: { nft: rules.nft } }
  legacy: { a: { iptables-legacy: save.rules } }
  iptables-nft: { a: { iptables-nft: save.rules } }
  include: { a: { nft: folder/top.nft } }
  several: { a: { nft: several.nft } }
  own: { a: { nft: own.nft } }
  script: { a: { script: rules.sh } }
  loop: { a: { script: loop.sh } }
probes:
  - { name: by rule, from: a, connect: b:81/tcp, family: ipv4, expect: drop }
  - { name: by policy, from: a, connect: b:80/tcp, family: ipv4, expect: drop }
END
cat >chain.ferm <<'END'
chain INPUT policy ACCEPT;
chain OUTPUT {
	policy DROP;
	proto tcp {
		dport 82 ACCEPT;
		dport 81
			DROP;
	}
}
END
cat >rules.nft <<'END'
table ip fw {
	chain out {
		type filter hook output priority 0
		policy drop
		tcp dport 82 accept
		tcp dport { 81, # and another
			    83 } drop
	}
}
END
mkdir folder
cp rules.nft folder/inner.nft
echo 'include "./inner.nft"' >folder/top.nft
echo 'include "./fold*/inn*.nft"' >several.nft
echo 'include "/etc/own.d/*.nft"' >own.nft
cat >save.rules <<'END'
*filter
:OUTPUT DROP [0:0]
-A OUTPUT -p tcp --dport 82 -j ACCEPT

-A OUTPUT -p tcp --dport 81 -j DROP
COMMIT
END
cat >rules.sh <<'END'
#!/bin/sh
iptables-legacy -P OUTPUT DROP
iptables-legacy -A OUTPUT -p tcp --dport 82 -j ACCEPT
iptables-legacy -A OUTPUT -p tcp --dport 81 -j DROP
END
cat >loop.sh <<'END'
#!/bin/sh
for port in 81; do
	iptables-legacy -A OUTPUT -p tcp --dport $port -j DROP
done
iptables-legacy -P OUTPUT DROP
END
run_json kinds.yaml
ends_with 0 "kinds"
cat >expected <<'END'
ferm chain.ferm:7 chain.ferm:3
nft rules.nft:6 rules.nft:4
legacy save.rules:5 save.rules:2
iptables-nft save.rules:5 save.rules:2
include folder/inner.nft:6 folder/inner.nft:4
several folder/inner.nft:6 folder/inner.nft:4
own /etc/own.d/1.nft:6 /etc/own.d/1.nft:4
script rules.sh:4 rules.sh:2
loop loop.sh:3 loop.sh:5
END
jq -r '.scenarios[].variants[] | [.name, (.probes[].evidence | "\(.file):\(.line)")] | join(" ")' out >places
same "kinds" expected places

finish
