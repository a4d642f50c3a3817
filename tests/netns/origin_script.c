/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the rules of shell scripts stand, and that to find out does nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/support/namespaces.h"
#include "tests/support/origins.h"

/* Those whose names end in .bash are run as they are, others by sh. */
static const struct test_file files[] = {
	{"plain.sh", "#!/bin/sh\n"
		     "set -e\n"
		     "# all of it\n"
		     "iptables-legacy -P OUTPUT DROP\n"
		     "  iptables-legacy -A OUTPUT -p tcp --dport ~ -j ACCEPT # one\n"
		     "\n"
		     "/usr/sbin/iptables-legacy -I OUTPUT -p tcp --dport ~ -m comment --comment "
		     "'$ & #' -j DROP\n"
		     "iptables-legacy -t filter -A INPUT -p tcp --dport ~ -j DROP\n"},
	{"shell.sh", "set -eu\n"
		     "IPT=/usr/sbin/iptables-legacy\n"
		     "rule() { # of its caller's\n"
		     "	$IPT -w \"$@\"\n"
		     "}\n"
		     "twice() { rule \"$@\"; rule $*; }\n"
		     "allow() {\n"
		     "	$IPT -A OUTPUT -p \"$1\" --dport ~ -j ACCEPT\n"
		     "	rule -A OUTPUT -p \"$1\" --dport ~ -j ACCEPT\n"
		     "}\n"
		     "for chain in INPUT OUTPUT; do\n"
		     "	$IPT -P $chain DROP\n"
		     "	\"$IPT\" -A $chain -p tcp --dport ~ -j DROP\n"
		     "done\n"
		     "allow tcp; allow udp\n"
		     "if $IPT -A OUTPUT -p tcp --dport ~; then\n"
		     "	$IPT -I OUTPUT -p tcp --dport ~ \\\n"
		     "		-m owner --uid-owner 0 \\\n"
		     "		-j DROP\n"
		     "fi\n"
		     "twice \\\n"
		     "	-A OUTPUT -p tcp --dport 10021 -j ACCEPT\n"
		     "false || rule -A OUTPUT -p tcp --dport ~ -j LOG --log-prefix 'two words'\n"
		     "$IPT -R OUTPUT 1 -p tcp --dport ~ -j DROP\n"
		     "printf '10 11\\n' | while read -r one two; do\n"
		     "	$IPT -A OUTPUT -p tcp --sport $one:$two --dport ~\n"
		     "done\n"
		     "(IPT=iptables-legacy; $IPT -A OUTPUT -p tcp --dport ~) && :\n"
		     "case $IPT in *legacy) $IPT -A OUTPUT -p tcp --dport ~ ;; esac\n"
		     "echo -p tcp --dport ~ -j DROP | xargs $IPT -A OUTPUT\n"
		     "x=$($IPT -A OUTPUT -p tcp --dport ~ -j RETURN)\n"
		     "env LANG=C $IPT -A OUTPUT -p tcp --dport ~ -j ACCEPT\n"
		     "sh -c '\n"
		     "	iptables-legacy -A OUTPUT -p tcp --dport 10033 -j DROP'\n"},
	{"arrays.bash", "#!/usr/bin/env bash\n"
			"function rule { local -a words=(\"$@\"); iptables-nft \"${words[@]}\"; }\n"
			"for ((i = 1; i <= 2; i++)); do\n"
			"	iptables-nft -A OUTPUT -p tcp --sport $i --dport ~ -j ACCEPT\n"
			"done\n"
			"[[ $i == 3 ]] && iptables-nft -A OUTPUT -p tcp --dport ~ -j DROP\n"
			"trap 'echo' EXIT\n"
			"source ./parts.sh\n"
			"./child.bash\n"
			"sh child.sh\n"},
	{"parts.sh", "\n"
		     "part() {\n"
		     "	iptables-nft -A OUTPUT -p tcp --dport ~ -j ACCEPT\n"
		     "}\n"
		     "iptables-nft -P OUTPUT DROP\n"
		     "iptables-nft -A OUTPUT -p tcp --dport ~ -j ACCEPT\n"
		     "part\n"
		     "cd /\n"
		     "part\n"
		     "cd -\n"},
	{"child.bash", "#!/bin/bash\n"
		       "\n\n\n\n\n\n\n\n\n"
		       "iptables-nft -A OUTPUT -p tcp --dport ~ -j ACCEPT\n"},
	{"child.sh", "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
		     "/sbin/iptables-nft -A OUTPUT -p tcp --dport ~ -j ACCEPT\n"},
	{"restore.sh", "owner=5\n"
		       "iptables-legacy-restore <<EOF\n"
		       "*filter\n"
		       ":INPUT ACCEPT [0:0]\n"
		       ":OUTPUT DROP [0:0]\n"
		       "-A OUTPUT -p tcp --dport ~ -j ACCEPT\n"
		       "# more\n"
		       "-A OUTPUT -m owner --uid-owner $owner -p tcp --dport ~ -j DROP\n"
		       "COMMIT\n"
		       "EOF\n"
		       "if :; then\n"
		       "	cat <<-'END' | iptables-legacy-restore --noflush\n"
		       "	*filter\n"
		       "	-A OUTPUT -p tcp --dport ~ -j ACCEPT\n"
		       "	COMMIT\n"
		       "	END\n"
		       "fi\n"
		       "printf '%s\\n' '*filter' '-A OUTPUT -p tcp --dport 10019' COMMIT |\n"
		       "iptables-legacy-restore -n\n"
		       "more='-A OUTPUT -p tcp --sport 1 --dport 10022 -j ACCEPT\n"
		       "-A OUTPUT -p tcp --sport 2 --dport 10022 -j ACCEPT'\n"
		       "iptables-legacy-restore -n <<EOF\n"
		       "*filter\n"
		       "$more\n"
		       "COMMIT\n"
		       "EOF\n"
		       "iptables-legacy-restore -n <more.rules\n"
		       "iptables-legacy-restore -w 1 -n more.rules\n"
		       "sed s/10002/10030/ more.rules >/tmp/made.rules\n"
		       "iptables-legacy-restore -n </tmp/made.rules\n"},
	{"more.rules", "*filter\n"
		       "-A OUTPUT -p tcp --dport ~ -j ACCEPT\n"
		       "COMMIT\n"},
	{"nft.sh", "set -e\n"
		   "policy=drop\n"
		   "nft -f - <<EOF\n"
		   "table inet fw {\n"
		   "	chain out {\n"
		   "		type filter hook output priority 0; policy $policy;\n"
		   "		tcp dport ~ accept\n"
		   "	}\n"
		   "}\n"
		   "EOF\n"
		   "nft add rule inet fw out tcp dport ~ accept\n"
		   "nft 'add rule inet fw out tcp dport ~ drop; insert rule inet fw out udp dport "
		   "~ drop'\n"
		   "nft -a insert rule inet fw out tcp dport ~ counter comment \\\"mine\\\"\n"
		   "for port in 80 443; do\n"
		   "	nft add rule inet fw out tcp dport { ~, $port } accept\n"
		   "done\n"
		   "nft -f more.nft\n"
		   "./run.nft.bash\n"
		   "nft \"add rule inet fw out tcp dport 10019\n"
		   "add rule inet fw out udp dport 10019\"\n"},
	{"more.nft", "include \"./less.nft\"\nadd rule inet fw out tcp dport ~ accept\n"},
	{"less.nft", "\n\nadd rule inet fw out tcp dport ~ accept\n"},
	{"run.nft.bash", "#!/usr/sbin/nft -f\n\n\n\nadd rule inet fw out tcp dport ~ accept\n"},
	{"uncertain.sh", "eval '\n"
			 "iptables-legacy -A OUTPUT -p tcp --dport 80\n"
			 "iptables-legacy -A OUTPUT -p tcp --dport 81'\n"
			 "env -i /usr/sbin/iptables-legacy -A OUTPUT -p tcp --dport 82\n"
			 "iptables-legacy -A OUTPUT -p tcp --dport ~\n"},
	{"addresses.sh", "for address in $(ip -o address show dev eth0 scope global | sed "
			 "'s/.*inet6* //; s/ .*//'); do\n"
			 "	case $address in\n"
			 "	*:*) ip6tables-nft -A OUTPUT -s $address -p tcp --dport ~ ;;\n"
			 "	*) iptables-nft -A OUTPUT -s $address -p tcp --dport ~ ;;\n"
			 "	esac\n"
			 "done\n"},
	{"echo.sh",
	 "echo -n\n"
	 "echo '*filter\\n-A OUTPUT -p tcp --dport ~\\nCOMMIT' | iptables-legacy-restore\n"
	 "echo -n '*filter\\n-A' OUTPUT -p tcp --dport ~ '\\nCOMMIT\\n' | "
	 "iptables-legacy-restore -n\n"
	 "iptables-legacy-save | grep -v '^#' | "
	 "iptables-legacy-restore\n"
	 "iptables-legacy -A OUTPUT -p tcp --dport ~\n"},
	{"random.sh", "iptables-legacy -A OUTPUT -p tcp --sport $$ --dport ~\n"
		      "iptables-legacy -A INPUT -p tcp --dport ~\n"},
	{"trap.bash", "#!/bin/bash\n"
		      "trap : DEBUG\n"
		      "iptables-legacy -A OUTPUT -p tcp --dport ~\n"},
	{"effects.sh", "set -e\n"
		       "echo ran >>/run/ran\n"
		       "for folder in /etc /var/lib /tmp /run/lock; do\n"
		       "	echo ran >$folder/ran\n"
		       "done\n"
		       "sleep 1000 &\n"
		       "iptables-legacy -A OUTPUT -p tcp --dport ~\n"
		       "[ -p /run/pipe ] || exit 0\n"
		       "# once more, when there is more to harm\n"
		       "echo 1 >/proc/sys/net/ipv4/ip_forward\n"
		       "kill -KILL -1 || :\n"
		       "kill -KILL $(cat /run/pid) || :\n"
		       "rm -r /etc/ran /var/lib/ran /tmp/ran\n"
		       "rm /mnt/more.rules || :\n"
		       "echo harm >/run/pipe & : >/run/file\n"
		       "if mount -t tmpfs none /opt; then exit 1; fi\n"
		       "if mount -o remount,rw /sys/fs/cgroup; then exit 1; fi\n"
		       "if unshare --user true; then exit 1; fi\n"
		       "if mkdir /sys/fs/cgroup/harm; then exit 1; fi\n"
		       "if echo $$ >/sys/fs/cgroup/cgroup.procs; then exit 1; fi\n"
		       "if [ -e /proc/$(cat /run/pid) ]; then exit 1; fi\n"
		       "iptables-legacy -F INPUT; nft flush ruleset\n"
		       "ip link delete eth0\n"},
	{"suicide.sh", "iptables-legacy -A OUTPUT -p tcp --dport ~\n"
		       "[ ! -p /run/pipe ] || kill -KILL 0\n"},
	{"other.bash", "#!/usr/bin/perl\n"
		       "system('iptables-legacy -A OUTPUT -p tcp --dport 10002');\n"},
};

static const struct trial trials[] = {
	{{{"script", "plain.sh"}}, "ip filter OUTPUT", true, 2, 0, "plain.sh", 4},
	{{{"script", "plain.sh"}}, "ip filter INPUT", true, 1, 0, NULL, 0},
	{{{"script", "shell.sh"}}, "ip filter OUTPUT", true, 17, 0, "shell.sh", 12},
	{{{"script", "shell.sh"}}, "ip filter INPUT", true, 1, 0, "shell.sh", 12},
	{{{"script", "arrays.bash"}}, "ip filter OUTPUT", false, 8, 0, "parts.sh", 5},
	{{{"script", "restore.sh"}}, "ip filter OUTPUT", true, 9, 0, "restore.sh", 5},
	{{{"script", "nft.sh"}}, "inet fw out", false, 12, 0, "nft.sh", 6},
	{{{"script", "uncertain.sh"}}, "ip filter OUTPUT", true, 1, 3, NULL, 0},
	{{{"script", "echo.sh"}}, "ip filter OUTPUT", true, 3, 0, NULL, 0},
	{{{"script", "addresses.sh"}}, "ip filter OUTPUT", false, 2, 0, NULL, 0},
	{{{"script", "addresses.sh"}}, "ip6 filter OUTPUT", false, 1, 0, NULL, 0},
	{{{"script", "random.sh"}}, "ip filter OUTPUT", true, 0, 1, NULL, 0},
	{{{"script", "random.sh"}}, "ip filter INPUT", true, 1, 0, NULL, 0},
	{{{"script", "trap.bash"}}, "ip filter OUTPUT", true, 0, 1, NULL, 0},
	{{{"script", "other.bash"}}, "ip filter OUTPUT", true, 0, 1, NULL, 0},
};

static void rules_and_policies(void **state)
{
	for (size_t i = 0; i < COUNT(trials); i++) {
		load(*state, &trials[i]);
		try_rules(*state, &trials[i]);
		try_policy(*state, &trials[i]);
		forget(*state);
	}
}

static const struct trial effects = {
	{{"script", "effects.sh"}}, "ip filter OUTPUT", true, 1, 0, NULL, 0};

/* How many processes there are, our own included. */
static size_t count_processes(void)
{
	size_t count = 0;
	DIR *proc = opendir("/proc");
	assert_non_null(proc);
	for (const struct dirent *entry; (entry = readdir(proc));)
		count += *entry->d_name >= '0' && *entry->d_name <= '9';
	closedir(proc);
	return count;
}

/* What the host is like, and a reader of a pipe hears first and last. */
static const char *describe(struct fixture *f)
{
	return run(f, "cat /run/ran /etc/ran /var/lib/ran /tmp/ran /run/lock/ran /run/file "
		      "/proc/sys/net/ipv4/ip_forward 2>&1; ls -d /mnt/more.rules "
		      "/sys/class/net/eth0; nft list tables; kill -0 $(cat /run/pid); "
		      "ls -R /sys/fs/cgroup | wc -l; echo end >/run/pipe; "
		      "until grep -q end /run/heard; do :; done; cat /run/heard; >/run/heard");
}

static void prepare_harm(struct fixture *f)
{
	assert_string_equal(run(f, "nft add table ip kept; echo kept >/run/file; mkfifo /run/pipe; "
				   "cat <>/run/pipe >>/run/heard & echo $! >/run/pid"),
			    "");
}

static void all_else_is_done_once(void **state)
{
	struct fixture *f = *state;
	char before[512];
	load(f, &effects);
	prepare_harm(f);
	snprintf(before, sizeof(before), "%s", describe(f));
	assert_non_null(strstr(before, "table ip kept"));
	size_t processes = count_processes();
	try_rules(f, &effects);
	assert_int_equal(count_processes(), processes);
	assert_string_equal(describe(f), before);
}

/* No more is known then. */
static void a_script_that_ends_itself_ends_nobody_else(void **state)
{
	static const struct trial suicide = {
		{{"script", "suicide.sh"}}, "ip filter OUTPUT", true, 0, 1, NULL, 0};
	struct fixture *f = *state;
	load(f, &suicide);
	prepare_harm(f);
	size_t processes = count_processes();
	try_rules(f, &suicide);
	assert_int_equal(count_processes(), processes);
	assert_string_equal(run(f, "kill -0 $(cat /run/pid)"), "");
}

static int all_tests(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(rules_and_policies),
		TEST(all_else_is_done_once),
		TEST(a_script_that_ends_itself_ends_nobody_else),
	};
	if (make_files(files, COUNT(files)) < 0) {
		perror(folder);
		return 1;
	}
	for (size_t i = 0; i < COUNT(files); i++)
		if (strstr(files[i].name, ".bash"))
			chmod(files[i].name, 0755);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
	return in_namespaces(all_tests);
}
