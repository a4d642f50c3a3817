/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every rule of the scenario's format, broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <locale.h>

#include "tests/unit/scenario_rows.h"

/* A scenario around the part that is at fault, which then begins on line 3, 4, 5 or 6. */
#define HOSTS(hosts)                                                                               \
	"name: t\nhosts:\n" hosts "\nprobes: [{ from: a, connect: 'a:1', expect: unreachable }]\n"
#define NETS(networks)                                                                             \
	"name: t\nnetworks:\n" networks                                                            \
	"\nhosts: { a: }\nprobes: [{ from: a, connect: 'a:1', expect: unreachable }]\n"
#define ON_NET(host)                                                                               \
	"name: t\nnetworks: { lan: { subnets: [10.0.0.0/24, 'fd00::/64'] }, none: }\nhosts:\n"     \
	"  b: { links: { e: { network: lan, addresses: [10.0.0.9] } } }\n" host                    \
	"\nprobes: [{ from: b, ping: 10.0.0.9, expect: unreachable }]\n"
#define PROBE(probe)                                                                               \
	"name: t\nhosts: { a: { users: { joe: 1000 }, roots: { jail: { users: { jim: 1000 } } }, " \
	"cgroups: { web: { v2: true } } }, mirror: { services: [dns] } }\n"                        \
	"variants: { one: { a: { nft: p.nft } }, two: }\nprobes:\n- " probe "\n"
#define AS(as)	       PROBE("{ from: a, ping: mirror, expect: allow, as: " as " }")
#define EXPECT(expect) PROBE("{ from: a, connect: 'mirror:80', expect: " expect " }")

static const struct row yaml_rows[] = {
	{"", ": error: the file is empty; the least scenario"},
	{"# nothing\n", ": error: the file is empty; the least scenario"},
	{"name: t\nhosts:\n\ta: {}\n", ":3:1: error: YAML allows no tab here; indent with spaces"},
	{"name: t\nhosts: { a: \n", "error: this is not YAML: "},
	/* No place is after the text's end, nor is a byte order mark a column. */
	{"[[a", ":1:4: error: this is not YAML: "},
	{"name: t\n? >-", "a scenario needs 'hosts'\na scenario needs 'probes'\n"
			  ":2:5: error: unknown key ''"},
	{"\xef\xbb\xbf"
	 "a\x01",
	 ":1:2: error: control character 0x01"},
	{"name: t\nname: u\nhosts: { a: }\nprobes: [{ from: a, ping: a, expect: allow }]\n",
	 ":2:1: error: key 'name' is given twice; the first is on line 1"},
	{"name: t\n---\nname: u\n", ":2:1: error: a second document: a file is one scenario"},
	{"just text\n", ":1:1: error: wanted here: a scenario (a map), not a text"},
	{"[a, b]\n", ":1:1: error: wanted here: a scenario (a map), not a list"},
	{"name: !!str t\n", ": error: a tag ('!...'): there are none in a scenario"},
	{"name: *t\n", ":1:8: error: no text, list or map before this one is called '&t'"},
	{"a: &x [*x]\n", ":1:9: error: no text, list or map before this one is called '&x'"},
	{"? [a]\n: b\n", ":1:3: error: a key must be a text"},
	{"name: t\xff\n", ":1:8: error: this is not UTF-8: byte 0xff"},
	{"\xff\xfen", ":1:1: error: this is UTF-16: save it as UTF-8"},
	{"\xfe\xff", ":1:1: error: this is UTF-16: save it as UTF-8"},
	{"name: \x1b[2J\n", ":1:7: error: control character 0x1b: a scenario is plain text"},
	{"name: \"a\\0b\"\n", ":1:8: error: a text with a NUL character in it"},
	{"titel: x\nname: t\nhosts: { a: }\nprobes: [{ from: a, ping: a, expect: allow }]\n",
	 ":1:1: error: unknown key 'titel' in a scenario; did you mean 'title'?"},
	{"colour: x\nname: t\nhosts: { a: }\nprobes: [{ from: a, ping: a, expect: allow }]\n",
	 ":1:1: error: unknown key 'colour' in a scenario; known: name, title, networks, hosts"},
	{"title: x\n", "a scenario needs 'name'\na scenario needs 'hosts'\n"
		       "a scenario needs 'probes'"},
	{"name: Big\nhosts: {}\nprobes: []\n",
	 ":1:7: error: 'Big' is not a scenario's name\n:2:8: error: a scenario needs at least one "
	 "host\n:3:9: error: a scenario needs at least one probe"},
	{"name: t\ntitle: \"a\\nb\"\nhosts: { a: }\nprobes: [{ from: a, ping: a, expect: allow "
	 "}]\n",
	 ":2:9: error: a title is one line, without control characters"},
};

static const struct row network_rows[] = {
	{NETS("  a: { subnets: [10.0.0.0/24] }\n  b: { subnets: [10.0.0.0/24] }"),
	 ":4:18: error: subnet 10.0.0.0/24 is given twice; 'a' has it too (line 3)"},
	{NETS("  a: { subnets: [10.0.0.0/16] }\n  b: { subnets: [10.0.7.0/24] }"),
	 ":4:18: error: subnet 10.0.7.0/24 overlaps with 10.0.0.0/16 of 'a' (line 3)"},
	{NETS("  a: { subnets: [10.0.64.0/24] }\n  b: { subnets: [10.0.0.0/28] }\n"
	      "  c: { subnets: [10.0.0.0/16] }"),
	 ":5:18: error: subnet 10.0.0.0/16 overlaps with 10.0.64.0/24 of 'a' (line 3)\n"
	 ":5:18: error: subnet 10.0.0.0/16 overlaps with 10.0.0.0/28 of 'b' (line 4)"},
	{NETS("  a: { subnets: [10.0.0.7/24] }"),
	 ":3:18: error: '10.0.0.7/24' has host bits set; the subnet is 10.0.0.0/24"},
	{NETS("  a: { subnets: [10.0.0.7] }"), ":3:18: error: '10.0.0.7' is not a prefix such as"},
	{NETS("  a: { subnets: [10.0.0.0/32] }"), ":3:18: error: 10.0.0.0/32: an IPv4 subnet is /8 "
						  "to /31 here; /24 is a good size"},
	{NETS("  a: { subnets: ['fd00::/127'] }"),
	 ":3:19: error: fd00::/127: an IPv6 subnet is /48 to /126 here; /64 is a good size"},
	{NETS("  a: { subnets: [127.3.0.0/16] }"),
	 ":3:18: error: 127.3.0.0/16 cannot be a network: it is every host's own loopback"},
	{NETS("  a: { subnet: [10.0.0.0/24] }"),
	 ":3:8: error: unknown key 'subnet' in a network; did you mean 'subnets'?"},
	{NETS("  a/b:"), ":3:3: error: 'a/b' is not a network's name"},
	{"name: t\nnetworks: [a]\nhosts: { a: { links: { e: lan } } }\n"
	 "probes: [{ from: a, ping: a, expect: allow }]\n",
	 ":2:11: error: wanted here: networks (a map), not a list"},
};

static const struct row host_rows[] = {
	{HOSTS("  Big:\n  a:"), ":3:3: error: 'Big' is not a host's name"},
	{HOSTS("  a-:\n  a:"), ":3:3: error: 'a-' is not a host's name"},
	{HOSTS("  a: { lnks: { } }"), ":3:8: error: unknown key 'lnks' in a host; did you mean "
				      "'links'?"},
	/* What a terminal or an editor would stumble over is spelt out. */
	{HOSTS("  a:\n  \"b\\n\\e[2J\":"), ":4:4: error: 'b\\n\\x1b[2J' is not a host's name"},
	{HOSTS("  a: text"), ":3:6: error: wanted here: a host (a map), not a text"},
	{HOSTS("  a: { forwarding: maybe }"), ":3:20: error: 'maybe' is neither true nor false"},
	{ON_NET("  a: { links: { eth0: lam } }"),
	 ":5:23: error: unknown network 'lam'; did you mean 'lan'?"},
	/* What is not known is complained about once. */
	{ON_NET("  a: { links: { eth0: wan, eth1: wan } }\n  c: { links: { e: wan } }"),
	 ":5:23: error: unknown network 'wan'"},
	{ON_NET("  a: { links: { interface-number-1: lan } }"),
	 ":5:17: error: an interface's name has at most 15 characters; this one has 18"},
	{ON_NET("  a: { links: { lo: lan } }"), ":5:17: error: 'lo' is every host's own loopback"},
	{ON_NET("  a: { links: { ..: lan } }"), ":5:17: error: '..' is not an interface's name"},
	{ON_NET("  a: { links: { e: { network: lan, addresses: [10.0.1.1] } } }"),
	 ":5:48: error: '10.0.1.1' is in no subnet of network 'lan' (10.0.0.0/24, fd00::/64)"},
	{ON_NET("  a: { links: { e: { network: none, addresses: [10.0.1.1] } } }"),
	 ":5:49: error: network 'none' has no subnets"},
	{ON_NET("  a: { links: { e: { network: lan, addresses: [10.0.0.9] } } }"),
	 ":5:48: error: 10.0.0.9 is already an address of 'b' (line 4)"},
	{ON_NET("  a: { links: { e: { network: lan, addresses: [10.0.0.0] } } }"),
	 ":5:48: error: 10.0.0.0 is the network address of its subnet"},
	{ON_NET("  a: { links: { e: { network: lan, addresses: [10.0.0.255] } } }"),
	 ":5:48: error: 10.0.0.255 is the broadcast address of its subnet"},
	{ON_NET("  a: { links: { e: { network: lan, addresses: [10.0.0.1/16] } } }"),
	 ":5:48: error: '10.0.0.1/16': its subnet is 10.0.0.0/24; leave the length out"},
	{ON_NET("  a: { links: { e: { network: lan, addresses: [10.0.0.300] } } }"),
	 ":5:48: error: '10.0.0.300' is not an address such as"},
	{ON_NET("  a: { bridges: { br0: [10.0.0.0/24] } }"),
	 ":5:25: error: 10.0.0.0 is the network address of its subnet"},
	{ON_NET("  a: { bridges: { br0: [10.0.0.5/25] } }"),
	 ":5:25: error: subnet 10.0.0.0/25 overlaps with 10.0.0.0/24 of 'lan' (line 2)"},
	{ON_NET("  a: { bridges: { br0: [] } }"), ":5:24: error: a bridge needs an address"},
	{ON_NET("  a: { bridges: { br0: [10.1.0.1/24] }, links: { br0: lan } }"),
	 ":5:19: error: 'br0' is also a link of this host (line 5)"},
	{ON_NET("  a: { bridges: { br0: [10.1.0.1/24] }, links: { e: a/br0 } }"),
	 ":5:53: error: 'a/br0' is this host's own bridge"},
	{ON_NET("  a: { links: { e: lan }, routes: [{ to: default, via: 10.9.9.9 }] }"),
	 ":5:56: error: 10.9.9.9 is on none of the subnets that 'a' has a link to"},
	{ON_NET("  a: { links: { e: lan }, routes: [{ to: 10.7.0.1/16, via: 10.0.0.1 }] }"),
	 ":5:42: error: '10.7.0.1/16' has host bits set; the prefix is 10.7.0.0/16"},
	{ON_NET("  a: { links: { e: lan }, routes: [{ to: 10.7.0.0/16, via: 'fd00::1' }] }"),
	 ":5:38: error: 'to' and 'via' are of different families"},
	{ON_NET("  a: { links: { e: { network: lan, addresses: [10.0.0.8] } }, routes: [{ to: "
		"default, via: 10.0.0.8 }] }"),
	 ": error: 10.0.0.8 is this host's own address (line 5)"},
	{ON_NET("  a: { links: { e: lan }, routes: [{ to: default, via: 10.0.0.1 }, { to: "
		"default, via: 10.0.0.2 }] }"),
	 ":5:70: error: a second route to default; the first is on line 5"},
	{ON_NET("  a: { links: { e: lan }, routes: [{ via: 10.0.0.1 }] }"),
	 ":5:38: error: a route needs 'to'"},
	{HOSTS("  a: { resolver: b }\n  b:"),
	 ":3:18: error: 'b' has no dns service; add 'services: [dns]' to it (line 4)"},
	{HOSTS("  a: { resolver: b }\n  b: { services: [dns/5353] }"),
	 ":3:18: error: the dns service of 'b' is on port 5353"},
	{HOSTS("  a: { resolver: bb }\n  b:"), ":3:18: error: unknown host 'bb'; known: a, b"},
	{HOSTS("  a: { users: { 9joe: 5 } }"), ":3:17: error: '9joe' is not a user's name"},
	{HOSTS("  a: { users: { joe: 4294967294 } }"), ":3:22: error: '4294967294' is not a uid: a "
						       "decimal number from 0 to 4294967293"},
	{HOSTS("  a: { users: { joe: 0x10 } }"), ":3:22: error: '0x10' is not a uid"},
	{HOSTS("  a: { users: { joe: 010 } }"), ":3:22: error: '010' is not a uid"},
	{HOSTS("  a: { users: { joe: { gid: 5 } } }"), ":3:24: error: a user needs 'uid'"},
	{HOSTS("  a: { users: { joe: { uid: 5, groups: [weel] } }, groups: { wheel: 5 } }"),
	 ":3:41: error: unknown group 'weel'; did you mean 'wheel'?"},
	{HOSTS("  a: { groups: { wheel: { gid: 5, members: [jo] } }, users: { joe: 5 } }"),
	 ":3:45: error: unknown user 'jo'; did you mean 'joe'?"},
	{HOSTS("  a: { cgroups: { x: { net_cls: '0x100000000' } } }"),
	 ":3:34: error: '0x100000000' is not a class id of 32 bits other than 0: write \"10:10\" "
	 "(hexadecimal), 0x100010 or 1048592"},
	{HOSTS("  a: { cgroups: { x: { net_cls: '1:1', egress: { allow: [] } } } }"),
	 ":3:50: error: filters are for cgroups of version 2: add 'v2: true'"},
	{HOSTS("  a: { cgroups: { x: { v2: true, egress: } } }"), "'egress' needs 'allow'"},
	{HOSTS("  a: { cgroups: { x: { v2: true, egress: { allow: [10.0.0.0/33, localhost] } } } "
	       "}"),
	 "error: '10.0.0.0/33' is neither an address nor a subnet\n'localhost' is neither"},
	{HOSTS("  a: { cgroups: { x: } }"), ":3:19: error: a cgroup needs"},
	{HOSTS("  a: { cgroups: { ../x: { v2: true } } }"), ":3:19: error: '../x' is not a cgroup's"
							    " name"},
	{HOSTS("  a: { cgroups: { /x: { v2: true }, x/: { v2: true }, x//y: { v2: true } } }"),
	 ":3:19: error: '/x'\n:3:37: error: 'x/'\n:3:55: error: 'x//y'"},
	{HOSTS("  a: { roots: { r: { user: { x: 1 } } } }"),
	 ":3:22: error: unknown key 'user' in a root; did you mean 'users'?"},
};

static const struct row service_rows[] = {
	{HOSTS("  a: { services: [tcp/70000] }"), ":3:23: error: '70000' is not a port"},
	{HOSTS("  a: { services: [tcp] }"), ":3:19: error: 'tcp' needs a port, such as tcp/80"},
	{HOSTS("  a: { services: [htp] }"), ":3:19: error: unknown service 'htp'; did you mean "
					    "'http'?"},
	{HOSTS("  a: { services: [{ tcp: 0 }] }"), ":3:26: error: '0' is not a port"},
	{HOSTS("  a: { services: [{ tcp: { as: root } }] }"),
	 ":3:28: error: service 'tcp' needs 'port'"},
	{HOSTS("  a: { services: [{ http: { as: nobdy } }] }"),
	 ":3:33: error: unknown user 'nobdy' on host 'a'; did you mean 'nobody'?"},
	{HOSTS("  a: { services: [http, tcp/80] }"),
	 ":3:25: error: tcp/80 is already served by this host (line 3)"},
	{HOSTS("  a: { services: [dns, udp/53] }"),
	 ":3:24: error: udp/53 is already served by this host (line 3)"},
	{HOSTS("  a: { services: [80/tcp] }"),
	 ":3:19: error: '80/tcp': a service's protocol comes first: tcp/80"},
	{HOSTS("  a: { services: [53/udp] }"),
	 ":3:19: error: '53/udp': a service's protocol comes first: udp/53"},
	{HOSTS("  a: { services: [80] }"),
	 ":3:19: error: '80': a service's protocol comes first: tcp/80"},
	{HOSTS("  a: { services: [{ http: 80, dns: }] }"), ":3:21: error: a service is one key"},
	{HOSTS("  a: { services: [{ dns: { x.org: [10.0.0.1, a, b] } }] }\n  b:"),
	 ":3:49: error: a record stands for one host at most, besides addresses"},
	{HOSTS("  a: { services: [{ dns: { forward: b } }] }\n  b:"),
	 ":3:37: error: 'b' has no dns service"},
	{HOSTS("  a: { services: [{ dns: { forward: b } }] }\n"
	       "  b: { services: [{ dns: { forward: a } }] }"),
	 ":3:37: error: questions are forwarded in a circle\n:4:37: error: questions are "
	 "forwarded in a circle"},
	{HOSTS("  a: { services: [{ dns: { x..y: a } }] }"), ":3:28: error: 'x..y' is not a DNS "
							     "name"},
	{HOSTS("  a: { services: [{ dns: { x.org: a, X.org.: a } }] }"),
	 ":3:38: error: a second record for 'x.org'; the first is on line 3"},
	{HOSTS("  a: { services: [{ dns: { x.org: aa } }] }"),
	 ":3:35: error: unknown host 'aa'; known: a"},
	{HOSTS("  a: { services: [{ apt: { suit: sid } }] }"),
	 ":3:28: error: unknown key 'suit' in service 'apt'; did you mean 'suite'?"},
	{HOSTS("  a: { services: [{ apt: { suite: strech } }] }"),
	 ":3:35: error: unknown suite of the apt service 'strech'; did you mean 'stretch'?"},
	{HOSTS("  a: { services: [{ apt: { fault: no-relase } }] }"),
	 ":3:35: error: unknown fault of the apt service 'no-relase'; did you mean 'no-release'?"},
	{HOSTS("  a: { log_groups: 0 }"), ":3:20: error: wanted here: NFLOG groups (a list)"},
	{HOSTS("  a: { log_groups: [16, x] }"),
	 ":3:21: error: '16' is not an NFLOG group to be left alone\n"
	 ":3:25: error: 'x' is not an NFLOG group to be left alone"},
	{HOSTS("  a: { files: [x] }"), ":3:15: error: wanted here: files (a map), not a list"},
	{HOSTS("  a: { files: { etc/x: y } }"),
	 ":3:17: error: 'etc/x': an absolute path is wanted"},
	{HOSTS("  a: { files: { /etc/../x: y } }"),
	 ":3:17: error: '/etc/../x': an absolute path is wanted, without '.', '..'"},
	{HOSTS("  a: { files: { /bin/x: y } }"),
	 ":3:17: error: '/bin/x': a host's own files lie below /etc, /var, /tmp"},
	{HOSTS("  a: { files: { /etc/: } }"),
	 ":3:17: error: '/etc/': a host's own files lie below"},
	{HOSTS("  a: { roots: { r: { files: { /proc/x: y } } } }"),
	 ":3:31: error: '/proc/x': /proc, /sys and /dev are the kernel's"},
	{HOSTS("  a: { roots: { r: { at: base } } }"), ":3:26: error: 'base': an absolute path"},
	{HOSTS("  a: { roots: { r: { at: /mnt/r } } }"),
	 ":3:26: error: '/mnt/r': a host's own files"},
	{HOSTS("  a: { files: { /etc/x: } }"), ":3:17: error: wanted here: the file's text, not "
					       "nothing"},
	{HOSTS("  a: { files: { /etc/x: { mode: '0644' } } }"),
	 ":3:27: error: a file needs a 'text', or a 'file' that it is a copy of"},
	{HOSTS("  a: { files: { /etc/x: { text: y, file: p.nft } } }"),
	 ":3:27: error: a file has a 'text' of its own, or is a copy of a 'file': one of them"},
	{HOSTS("  a: { files: { /etc/x: { file: missing } } }"),
	 ":3:33: error: file 'missing': there is no such file"},
	{HOSTS("  a: { files: { /etc/x: { text: y, mode: 0999 } } }"),
	 ":3:42: error: '0999' is not a mode such as \"0644\""},
	{HOSTS("  a: { files: { /etc/x: { text: y, mode: '17777' } } }"),
	 ":3:43: error: a mode is at most \"7777\""},
	{HOSTS("  a: { files: { /etc/x: { text: y, owner: jo, group: jo } } }"),
	 ":3:43: error: unknown user 'jo' on host 'a'\n:3:54: error: unknown group 'jo' on host "
	 "'a'"},
	{HOSTS("  a: { files: { /etc/x/: { text: y } } }"),
	 ":3:28: error: unknown key 'text' in a folder"},
};

#define POLICIES(policies)                                                                         \
	"name: t\nhosts: { a: }\n" policies "\nprobes: [{ from: a, ping: a, expect: allow }]\n"

static const struct row policy_rows[] = {
	{POLICIES("policies: { a: { nft: missing.nft } }"),
	 ":3:23: error: policy 'missing.nft': there is no such file"},
	{POLICIES("policies: { a: { nftables: p.nft } }"),
	 ":3:18: error: unknown kind of policy 'nftables'; did you mean 'nft'?"},
	{POLICIES("policies: { a: { nft: dir } }"), ":3:23: error: policy 'dir': it is a folder"},
	{POLICIES("policies: { a: { nft: big.nft } }"),
	 ":3:23: error: policy 'big.nft': it has more than 4 MiB"},
	{POLICIES("policies: { a: { nft: /dev/null } }"),
	 ":3:23: error: policy '/dev/null': it is not a regular file"},
	{POLICIES("policies: { a: { nftt: p.nft } }"),
	 ":3:18: error: unknown kind of policy 'nftt'; did you mean 'nft'?"},
	{POLICIES("policies: { b: { nft: p.nft } }"), ":3:13: error: unknown host 'b'"},
	{POLICIES("policies: { a: }"), ":3:13: error: a policy is wanted here"},
	{POLICIES("policies: { a: p.nft }"), ":3:16: error: wanted here: a policy, such as"},
	{POLICIES("variants: { one: }\npolicies: { a: { nft: p.nft } }"),
	 ":4:13: error: 'policies' is for scenarios without 'variants'"},
	{POLICIES("variants: { else: }"), ":3:13: error: a variant cannot be called 'else'"},
	{POLICIES("variants: { a b: }"), ":3:13: error: 'a b' is not a variant's name"},
	{POLICIES("variants: [one]"), ":3:11: error: wanted here: variants (a map), not a list"},
};

static const struct row probe_rows[] = {
	{PROBE("{ from: a, expect: allow }"), ":5:5: error: a probe needs one of connect, ping"},
	{PROBE("{ from: a, expect: allow, ping: mirror, connect: 'mirror:80' }"),
	 ": error: a probe has one of connect, ping, resolve, fetch, apt and run; this one has "
	 "'connect' and 'ping'"},
	{PROBE("{ expect: allow, ping: mirror }"), ":5:5: error: a probe needs 'from'"},
	{PROBE("{ from: a, ping: mirror }"), ":5:5: error: a probe needs 'expect'"},
	{PROBE("{ from: b, ping: mirror, expect: allow }"), ":5:11: error: unknown host 'b'"},
	{PROBE("{ from: a, ping: miror, expect: allow }"),
	 ":5:20: error: unknown host 'miror'; did you mean 'mirror'?"},
	{PROBE("{ from: a, connect: 'mirror:70000/tcp', expect: allow }"),
	 ":5:31: error: '70000' is not a port: a decimal number from 1 to 65535"},
	{PROBE("{ from: a, connect: 'mirror:22,80-,8-x/tcp', expect: allow }"),
	 ":5:34: error: '80-' is not a port: a decimal number from 1 to 65535 is wanted, or two\n"
	 ":5:38: error: '8-x' is not a port"},
	{PROBE("{ from: a, connect: 'mirror:22,/tcp', expect: allow }"),
	 ":5:34: error: '' is not a port"},
	{PROBE("{ from: a, connect: 'mirror:90-80', expect: allow }"),
	 ":5:31: error: 90-80 has no port in it: write the lower one first"},
	{PROBE("{ from: a, connect: 'mirror:22,80,20-23', expect: allow }"),
	 ":5:37: error: port 22 is there twice"},
	{PROBE("{ from: a, connect: 'mirror:1-10001', expect: allow }"),
	 ":5:5: error: this makes more than 10000 probes, with one for each port"},
	{PROBE("{ from: a, connect: { to: mirror, port: [] }, expect: allow }"),
	 ": error: a list of ports needs at least one"},
	{PROBE("{ from: a, connect: { to: mirror, port: [22, { a: b }] }, expect: allow }"),
	 ": error: wanted here: a port, such as 80, or ports, such as 8000-8010, not a map"},
	{PROBE("{ from: a, connect: 'miror:80/tpc', expect: allow }"),
	 ":5:24: error: unknown host 'miror'; did you mean 'mirror'?\n"
	 ":5:33: error: 'tpc' is neither 'tcp' nor 'udp'"},
	{PROBE("{ from: a, connect: mirror, expect: allow }"),
	 ":5:23: error: 'mirror' has no port; write it as in mirror:80/tcp"},
	{PROBE("{ from: a, connect: 'fd00::1:80', expect: allow }"),
	 ": error: 'fd00::1:80': an IPv6 address goes in brackets, as in [fd00::1]:80"},
	{PROBE("{ from: a, connect: '[fd00::1', expect: allow }"), ": error: '[fd00::1': a ']' is "
								   "missing"},
	{PROBE("{ from: a, connect: ':80', expect: allow }"),
	 ": error: a host or an address is missing here"},
	{PROBE("{ from: a, connect: { to: mirror }, expect: allow }"),
	 ": error: 'connect' needs 'port'"},
	{PROBE("{ from: a, resolve: x.org, expect: allow }"),
	 ":5:23: error: 'a' has no 'resolver' to ask; give it one (line 2)"},
	{PROBE("{ from: a, resolve: { name: x..org, server: mirror }, expect: allow }"),
	 ":5:31: error: 'x..org' is not a DNS name"},
	{PROBE("{ from: a, fetch: 'https://mirror/', expect: allow }"),
	 ":5:22: error: 'https://mirror/': only http:// can be fetched so far"},
	{PROBE("{ from: a, fetch: 'http://mirror:0/', expect: allow }"),
	 ":5:36: error: '0' is not a port"},
	{PROBE("{ from: a, fetch: 'http://u:p@mirror/', expect: allow }"),
	 ":5:29: error: 'http://u:p@mirror/': users and passwords"},
	{PROBE("{ from: a, fetch: 'http://mi rror/', expect: allow }"),
	 ":5:22: error: a URL has neither spaces"},
	{PROBE("{ from: a, fetch: 'http://deb.debian.org/', expect: allow }"),
	 ":5:29: error: 'deb.debian.org' is no host of this lab, and 'a' has no 'resolver'"},
	{PROBE("{ from: a, fetch: { url: 'http://mirror/', status: 99 }, expect: allow }"),
	 ": error: '99' is not an HTTP status"},
	{PROBE("{ from: a, run: [] }"), ":5:19: error: a command line has from 1 to"},
	{PROBE("{ from: a, run: { exit: 256, argv: [true] } }"),
	 ":5:27: error: '256' is not an exit status"},
	{PROBE("{ from: a, run: { exit: 1, argv: x }, expect: exit 1 }"),
	 ": error: 'exit' in 'run' (line 5) says already what is expected"},
	{PROBE("{ from: a, apt: '', expect: allow }"),
	 ":5:20: error: what apt-get is to do is missing: update, install"},
	{PROBE("{ from: a, apt: -q update, expect: allow }"),
	 ":5:19: error: what apt-get is to do comes first"},
	{PROBE("{ from: a, apt: 'update;reboot', expect: allow }"),
	 ":5:20: error: 'update;reboot' is no word for apt-get here"},
	{PROBE("{ from: a, apt: { argv: [install, ''] }, expect: allow }"),
	 ":5:27: error: '' is no word for apt-get here"},
	{PROBE("{ from: a, apt: { options: [x] }, expect: allow }"),
	 ":5:21: error: 'apt' needs 'argv'\n"
	 ":5:30: error: 'x' is not an option such as \"APT::Sandbox::User=root\""},
	{PROBE("{ from: a, apt: { argv: update, mirror: mirror }, expect: allow }"),
	 ":5:43: error: 'mirror' has no apt service; add 'services: [apt]' to it (line 2)"},
	{PROBE("{ from: a, apt: { argv: update, mirror: miror }, expect: allow }"),
	 ":5:43: error: unknown host 'miror'; did you mean 'mirror'?"},
	{PROBE("{ from: a, apt: { argv: update, through: x }, expect: allow }"),
	 ":5:44: error: wanted here: a command line, or its words (a list), not a text"},
	{PROBE("{ from: a, apt: { argv: update, output: { three: x } }, expect: allow }"),
	 ":5:45: error: unknown variant 'three'"},
	{EXPECT("{ ipv5: drop, else: allow }"),
	 "error: unknown variant or family 'ipv5'; did you mean 'ipv4'?"},
	{EXPECT("{ qqqqqq: drop, else: allow }"),
	 "error: unknown variant or family 'qqqqqq'; known: one, two, ipv4, ipv6"},
	{PROBE("{ from: a, ping: 'ff02::1', expect: allow }"),
	 ":5:21: error: 'ff02::1' is a multicast address: a probe is for one host"},
	{PROBE("{ from: a, connect: '224.0.0.251:5353/udp', expect: allow }"),
	 "error: '224.0.0.251' is a multicast address"},
	{PROBE("{ from: a, connect: '255.255.255.255:9/udp', expect: allow }"),
	 "error: '255.255.255.255' is the broadcast address"},
	{"name: t\nnetworks: { n: { subnets: [10.0.0.0/24] } }\nhosts: { a: { links: { e: n } } }\n"
	 "probes: [{ from: a, ping: 10.0.0.255, expect: allow }]\n",
	 ":4:27: error: '10.0.0.255' is a network's broadcast address"},
	{PROBE("{ from: a, run: x, family: ipv4 }"),
	 ":5:30: error: a program runs once, without a family"},
	{PROBE("{ from: a, run: { argv: x, output: { three: x } } }"),
	 ":5:40: error: unknown variant 'three'"},
	{PROBE("{ from: a, ping: mirror, expect: allow, family: ipv5 }"),
	 ": error: 'ipv5' is neither 'ipv4' nor 'ipv6'"},
	{PROBE("{ from: a, ping: mirror, expect: allow, timeout: 5ms }"),
	 ": error: '5ms' is not a time from 10ms to 60s"},
	{PROBE("{ from: a, ping: mirror, expect: allow, timeout: 61s }"),
	 ": error: '61s' is not a time from 10ms to 60s"},
	{PROBE("{ from: a, ping: mirror, expect: allow, timeout: 1h }"),
	 ": error: '1h' is not a time"},
	{PROBE("{ from: a, ping: 10.1.1.1, expect: allow, family: ipv6 }"),
	 ":5:20: error: this cannot go over ipv6: 'a' has both, the far end only IPv4"},
	{PROBE("{ from: a, ping: mirror, expect: allow, lgo: out }"),
	 ": error: unknown key 'lgo' in a probe; did you mean 'log'?"},
	{PROBE("{ from: a, ping: mirror, expect: allow, as: jo }"),
	 ":5:47: error: unknown user 'jo' on host 'a'; did you mean 'joe'?"},
	{PROBE("{ from: a, ping: mirror, expect: allow, as: { user: joe, root: jail } }"),
	 ":5:55: error: unknown user 'joe' in root 'jail' of 'a'"},
	{PROBE("{ from: a, ping: mirror, expect: allow, as: { root: jal } }"),
	 ":5:55: error: unknown root 'jal' of host 'a'; did you mean 'jail'?"},
	/* Confinements */
	{AS("{ landlock: }"), ": error: 'landlock' needs the TCP ports that stay open"},
	{AS("{ landlock: yes }"), ": error: wanted here: 'landlock' (a map), not a text"},
	{AS("{ landlock: { conect: [80] } }"),
	 ": error: unknown key 'conect' in 'landlock'; did you mean 'connect'?\n'landlock' needs"},
	{AS("{ landlock: { connect: [0, x, 65536] } }"),
	 ": error: '0' is not a port: a decimal number from 1 to 65535\n'x' is not\n'65536' is "
	 "not"},
	{AS("{ landlock: { bind: [0, 65536] } }"),
	 ": error: '65536' is not a port: a decimal number from 0 to 65535"},
	{AS("{ landlock: { connect: 80 } }"), ": error: wanted here: ports (a list), not a text"},
	{AS("{ seccomp: socket }"), ": error: wanted here: 'seccomp' (a map), not a text"},
	{AS("{ seccomp: [] }"), ": error: 'seccomp' refuses nothing"},
	{AS("{ seccomp: { } }"), ": error: 'seccomp' refuses nothing"},
	{AS("{ seccomp: [sockets] }"), ": error: unknown system call 'sockets'"},
	{AS("{ seccomp: { calls: [connect], families: [inet7] } }"),
	 ": error: unknown address family 'inet7'; did you mean 'inet'?"},
	{AS("{ network: host }"), ": error: 'host' is no network that an actor can have: 'none'"},
	{AS("{ apparmor: [x] }"), ": error: wanted here: an AppArmor profile's name, not a list"},
	{AS("{ no_new_priv: true }"),
	 ": error: unknown key 'no_new_priv' in 'as'; did you mean 'no_new_privs'?"},
	{EXPECT("confined by landlock"), ": error: 'confined by landlock': 'confined' or"},
	{EXPECT("confined landlok"),
	 ": error: unknown confinement 'landlok'; did you mean 'landlock'?"},
	{EXPECT("{ outcome: confined, by: x }"),
	 ": error: 'by' is of the rule that denies: a confinement is no rule\n"
	 ": error: the probe is never confined in variant 'one': its 'as' has no confinement"},
	/* By variant */
	{AS("{ one: joe }"), ": error: nobody is named for 'two'; add it, or 'else'"},
	{AS("{ one: joe, tow: joe }"), ": error: unknown variant 'tow'; did you mean 'two'?"},
	{AS("{ one: joe, else: jo }"), ": error: unknown user 'jo'"},
	{AS("{ one: joe, user: joe }"), ": error: 'user' cannot stand beside 'one'"},
	{AS("{ one: { two: joe }, else: joe }"), ": error: unknown key 'two' in 'as'"},
	{AS("{ one: { root: jail, user: joe }, else: { root: jail, user: jim } }"),
	 ": error: unknown user 'joe' in root 'jail' of 'a'"},

	{PROBE("{ from: a, ping: mirror, expect: allow, as: { cgroup: wep } }"),
	 ": error: unknown cgroup 'wep' of host 'a'; did you mean 'web'?"},
	{PROBE("{ from: a, ping: mirror, expect: allow, as: { user: root, groups: [] } }"),
	 "error: an empty list changes nothing, as groups are added to the user's own: leave it "
	 "out"},
	{PROBE("{ from: a, ping: mirror, expect: allow, as: { group: www } }"),
	 ": error: unknown group 'www' on host 'a'"},
	{PROBE("{ from: a, ping: mirror, expect: allow, as: 4294967295 }"),
	 ": error: '4294967295' is not a uid"},
	{PROBE("{ name: p, from: a, ping: mirror, expect: allow }\n"
	       "- { from: a, ping: mirror, expect: allow }\n"
	       "- { name: p, from: a, ping: a, expect: allow }\n"
	       "- { name: P, from: a, ping: a, expect: allow }\n"
	       "- { from: a, ping: a, expect: allow, name: p }"),
	 ":7:11: error: another probe is called 'p', on line 5: give each its own name\n"
	 ":9:44: error: another probe is called 'p', on line 5: give each its own name"},
	{PROBE("~"), ":5:3: error: a probe needs 'from', 'expect' and one of connect"},
	{"name: t\nhosts: { a: }\nprobes: { from: a }\n",
	 ":3:11: error: wanted here: probes (a list)"
	 ", not a map"},
};

static const struct row expect_rows[] = {
	{EXPECT("alow"), ":5:44: error: unknown expectation 'alow'; did you mean 'allow'?"},
	{EXPECT("reject admin"), ":5:51: error: unknown way to reject 'admin'"},
	{EXPECT("reject admin-prohibted"),
	 ":5:51: error: unknown way to reject 'admin-prohibted'; did you mean "
	 "'admin-prohibited'?"},
	{EXPECT("reject a b c d"), ":5:44: error: 'reject a b c d': 'reject' or 'reject WAY'"},
	{EXPECT("reject a b"), ":5:44: error: 'reject a b': 'reject' or 'reject WAY'"},
	{EXPECT("drop it"), ":5:44: error: 'drop it': 'drop' or 'drop at HOST' is wanted here"},
	{EXPECT("drop it at mirror"), ":5:44: error: 'drop it at mirror': 'drop' or 'drop at"},
	{EXPECT("drop at miror"), ":5:52: error: unknown host 'miror'; did you mean 'mirror'?"},
	{EXPECT("deny at"), ":5:44: error: 'deny at': 'deny' or 'deny at HOST' is wanted here"},
	{EXPECT("reject tcp-rset at mirror"),
	 ":5:51: error: unknown way to reject 'tcp-rset'; did you mean 'tcp-reset'?"},
	{EXPECT("unreachable by mirror"),
	 ":5:44: error: 'unreachable by mirror': 'unreachable' or 'unreachable at HOST' is wanted "
	 "here"},
	{EXPECT("unreachable at miror"), ":5:59: error: unknown host 'miror'"},
	{EXPECT("allow at miror"), ":5:53: error: unknown host 'miror'; did you mean 'mirror'?"},
	{EXPECT("allow in mirror"), ":5:44: error: 'allow in mirror': 'allow' or 'allow at HOST'"},
	{EXPECT("exit 0"), ":5:44: error: 'exit 0' is for run and apt probes"},
	{PROBE("{ from: a, run: x, expect: allow }"),
	 ":5:30: error: a run probe comes to 'exit N', not to 'allow'"},
	{PROBE("{ from: a, run: x, expect: exit 300 }"),
	 ":5:35: error: '300' is not an exit status"},
	{PROBE("{ from: a, run: x, expect: exit }"), ":5:30: error: 'exit': 'exit N', N from 0"},
	{PROBE("{ from: a, run: x, expect: exit 0 at a }"),
	 ":5:30: error: 'exit 0 at a': 'exit N', N from 0"},
	{EXPECT("{ one: allow }"), ":5:46: error: nothing is expected under 'two'"},
	{EXPECT("{ one: { ipv4: allow }, else: drop }"),
	 ":5:46: error: nothing is expected under 'one' over ipv6"},
	{EXPECT("{ ipv4: allow }"),
	 ":5:46: error: nothing is expected under 'one' over ipv6, 'two' over ipv6"},
	{EXPECT("{ onne: allow, else: drop }"),
	 ":5:46: error: unknown variant or family 'onne'; did you mean "
	 "'one'?"},
	{EXPECT("{ one: { ipv7: allow }, else: drop }"),
	 ":5:53: error: unknown family 'ipv7'; did you mean 'ipv4'?"},
	{EXPECT("{ ipv4: allow, else: { ipv4: drop, else: allow } }"),
	 ":5:73: error: this has been said before"},
	{EXPECT("[allow]"), ":5:44: error: wanted here: what is expected, not a list"},
	{PROBE("{ from: a, ping: 10.1.1.1, expect: { ipv6: drop, else: allow } }"),
	 ":5:46: error: this probe never goes over ipv6"},
	/* Maps: the fields of one expectation, or cases */
	{EXPECT("{ by: x, at: mirror }"), ":5:46: error: an expectation needs 'outcome'"},
	{EXPECT("{ outcome: drop, bye: x }"),
	 ":5:61: error: unknown key 'bye' in an expectation; did you mean 'by'?"},
	{EXPECT("{ outcom: drop }"),
	 ":5:46: error: unknown key 'outcom' in an expectation; did you mean 'outcome'?\n"
	 ":5:46: error: an expectation needs 'outcome'"},
	{EXPECT("{ outcome: { one: drop } }"), ":5:57: error: wanted here: what is expected, not"},
	{EXPECT("{ outcome: drop, one: allow }"),
	 ":5:46: error: 'outcome' cannot stand beside 'one': each case has a map of its own, as "
	 "in 'one: { outcome: ... }'"},
	{EXPECT("{ else: allow, by: x }"), ":5:59: error: 'by' cannot stand beside 'else'"},
	{EXPECT("{ one: { ipv4: drop, outcome: allow }, else: drop }"),
	 ":5:65: error: 'outcome' cannot stand beside 'ipv4'"},
	{EXPECT("{ one: { outcome: drop, by: [x] }, else: drop }"),
	 ":5:72: error: wanted here: a part of the rule, not a list"},
	{EXPECT("{ outcome: drop, by: '' }"), ":5:66: error: a part of the rule is empty"},
	{EXPECT("{ outcome: drop, hook: outptu }"),
	 ":5:67: error: unknown hook 'outptu'; did you mean 'output'?"},
	{EXPECT("{ outcome: drop, at: miror }"), ":5:65: error: unknown host 'miror'"},
	{EXPECT("{ outcome: drop at a, at: mirror }"),
	 ":5:70: error: 'outcome' says already at which host"},
	{EXPECT("{ outcome: allow, by: x }"),
	 ":5:66: error: 'by' is of the rule that denies: what is allowed has passed many rules"},
	{EXPECT("{ outcome: unreachable, at: miror, hook: input }"),
	 ":5:72: error: unknown host 'miror'; did you mean 'mirror'?\n:5:85: error: 'hook' is of "
	 "the rule that denies: what is unreachable was denied by none"},
	{PROBE("{ from: a, run: x, expect: { outcome: exit 0, by: x } }"),
	 ":5:53: error: 'by' is of the rule that denies: how a program ends is its own affair"},
	{EXPECT("{ outcome: dorp, by: x, hook: y }"),
	 ":5:55: error: unknown expectation 'dorp'; did you mean 'drop'?"},
};

#define LOG(log) PROBE("{ from: a, connect: 'mirror:80', expect: deny, log: " log " }")

static const struct row log_rows[] = {
	{LOG("nne"), ":5:55: error: wanted here: 'none', or what must be logged"},
	{LOG("[none]"), ":5:55: error: wanted here: 'none', or what must be logged"},
	{LOG("{}"), "error: wanted here: 'none', or what must be logged"},
	{LOG("~"), ":5:55: error: wanted here: 'none', or what must be logged"},
	{LOG("{ prefx: out }"),
	 ":5:57: error: unknown key 'prefx' in a log message; did you mean 'prefix'?"},
	{LOG("{ onne: none }"), ":5:57: error: unknown variant 'onne'; did you mean 'one'?"},
	{LOG("{ qqqqqq: out }"), ":5:57: error: unknown variant 'qqqqqq'"},
	{LOG("{ prefix: out, two: none }"),
	 ":5:57: error: 'prefix' cannot stand beside 'two': each case has a map of its own"},
	{LOG("{ one: none, ipv4: none }"), ":5:68: error: unknown variant 'ipv4'"},
	{LOG("{ one: { two: none } }"), ":5:64: error: unknown key 'two' in a log message"},
	{LOG("{ one: {}, else: any }"), "error: wanted here: 'none', or what must\n"
					":5:72: error: wanted here: 'none', or what must"},
	{LOG("{ prefix: '' }"), ":5:66: error: a prefix is empty"},
	{LOG("{ group: 65536 }"), ":5:64: error: '65536' is not an NFLOG group: a decimal number "
				  "from 0 to 65535 is wanted"},
	{LOG("{ count: -1 }"), ":5:64: error: '-1' is not a count of log messages"},
	{LOG("{ count: 1001 }"), ":5:64: error: '1001' is not a count of log messages"},
	{LOG("{ uid: jo }"), ":5:62: error: unknown user 'jo' on host 'a'; did you mean 'joe'?"},
	{LOG("{ gid: www }"), ":5:62: error: unknown group 'www' on host 'a'"},
	{LOG("{ uid: joe, at: mirror }"), ":5:62: error: unknown user 'joe' on host 'mirror'"},
	{LOG("{ uid: 4294967295 }"), ":5:62: error: '4294967295' is not a uid"},
	{LOG("{ at: miror, uid: joe }"), ":5:61: error: unknown host 'miror'"},
	{PROBE("{ from: a, ping: mirror, expect: deny, as: { root: jail }, log: { uid: joe } }"),
	 ":5:74: error: unknown user 'joe' in root 'jail' of 'a'"},
	{PROBE("{ from: a, ping: mirror, expect: deny, as: { root: jal }, log: { uid: jim } }"),
	 ":5:54: error: unknown root 'jal'"},
};

TABLE(yaml)
TABLE(network)
TABLE(host)
TABLE(service)
TABLE(policy)
TABLE(probe)
TABLE(expect)
TABLE(log)

static int setup(void **state)
{
	if (setup_scenario_file(state))
		return -1;
	struct scenario_file *file = *state;
	char path[128];
	snprintf(path, sizeof(path), "%s/big.nft", file->folder);
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	int result = fd < 0 ? -1 : ftruncate(fd, 4 * 1024 * 1024 + 1);
	if (fd >= 0)
		close(fd);
	return result;
}

int main(void)
{
	setlocale(LC_CTYPE, "C.UTF-8");
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown_scenario_file)
	const struct CMUnitTest tests[] = {
		TEST(yaml),   TEST(network), TEST(host),   TEST(service),
		TEST(policy), TEST(probe),   TEST(expect), TEST(log),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
