/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of policies whose rules say where they stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsim/mark.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* The run in which no statement of a short text is contradicted. */
#define QUIET_RUN 7

typedef bool language(struct mark *mark, const char *text);

static const struct mark_source nowhere = {.path = "/nowhere/x"};

/* In a copy "<N>" is the mark of line N. */
static const struct {
	language *copy;
	const char *text;
	const char *copied; /* NULL: there is no copy */
} cases[] = {
	{mark_nft, "table ip t { chain c { accept; }; }\n",
	 "table ip t { chain c { accept comment \"<1>\"; }; }\n"},
	{mark_nft,
	 "table ip t {\n\tchain c {\n\t\ttype filter hook input priority 0\n\t\tdrop\n}\n}",
	 "table ip t {\n\tchain c {\n\t\ttype filter hook input priority 0\n\t\tdrop comment "
	 "\"<4>\"\n}\n}"},
	{mark_nft, "add rule ip t c accept # end\ninsert rule t c drop;add chain t d",
	 "add rule ip t c accept comment \"<1>\" # end\ninsert rule t c drop comment "
	 "\"<2>\";add chain t d"},
	{mark_nft, "chain t c { ip saddr { 1.1.1.1,\n 2.2.2.2 } jump {\n drop\n}\n}",
	 "chain t c { ip saddr { 1.1.1.1,\n 2.2.2.2 } jump {\n drop comment \"<3>\"\n} comment "
	 "\"<1>\"\n}"},
	{mark_nft, "chain t c { goto { accept; drop comment \"a\"; } comment \"b\"; accept; }",
	 "chain t c { goto { accept comment \"<1>\"; drop comment \"a<1>\"; } comment \"b<1>\"; "
	 "accept comment \"<1>\"; }"},
	{mark_nft, "chain t c {\n accept comment \"a\"\n drop comment b\n comment \"c\"\n}",
	 "chain t c {\n accept comment \"a<2>\"\n drop comment b<3>\n comment \"c\"\n}"},
	{mark_nft, "chain t c { tcp dport \\\n 22 \\\n accept\n\n define x = 1\n}",
	 "chain t c { tcp dport \\\n 22 \\\n accept comment \"<1>\"\n\n define x = 1\n}"},
	{mark_nft, "table t { set s { type ipv4_addr; }\n map m { type ipv4_addr : verdict; } }",
	 "table t { set s { type ipv4_addr; }\n map m { type ipv4_addr : verdict; } }"},
	{mark_nft, "chain t c { log prefix \"}\n;\" drop\n accept; }",
	 "chain t c { log prefix \"}\n;\" drop comment \"<1>\"\n accept comment \"<3>\"; }"},
	{mark_nft, "flush ruleset\nadd set t s { type ipv4_addr; }\n",
	 "flush ruleset\nadd set t s { type ipv4_addr; }\n"},
	{mark_nft, "add rule t c log prefix \"", NULL},
	{mark_nft, "table t {", NULL},
	{mark_nft, "}", NULL},
	{mark_nft, "# fwlab_0_1\n", NULL},
	{mark_iptables, "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP  \r\nCOMMIT\n",
	 "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j DROP -m comment --comment <3>  \r\nCOMMIT\n"},
	{mark_iptables, "[1:2] -I INPUT 1 -j DROP\n-D INPUT 1\n#-A X\n--append\tX",
	 "[1:2] -I INPUT 1 -j DROP -m comment --comment <1>\n-D INPUT 1\n#-A X\n--append\tX "
	 "-m comment --comment <4>"},
	{mark_iptables, ":\n[\n-A\n[1:2]\n-N x -A", ":\n[\n-A\n[1:2]\n-N x -A"},
	{mark_ferm, "chain INPUT { proto tcp ACCEPT; # DROP;\n DROP; }",
	 "chain INPUT { proto tcp mod x \"<1>\" ACCEPT; # DROP;\n mod x \"<2>\" DROP; }"},
	{mark_ferm, "chain DROP { policy DROP; jump DROP; }",
	 "chain DROP { policy DROP; mod x \"<1>\" jump DROP; }"},
	{mark_ferm, "@def $a = DROP;\n@def &f($b) = { DROP; }\nchain (DROP LOG) &f(DROP);",
	 "@def $a = DROP;\n@def &f($b) = { mod x \"<2>\" DROP; }\nchain (DROP LOG) &f(DROP);"},
	{mark_ferm, "chain INPUT LOG log-prefix 'DROP; \" #' ; \" DROP;\n @subchain \"x\" {}",
	 "chain INPUT mod x \"<1>\" LOG log-prefix 'DROP; \" #' ; \" mod x \"<1>\" DROP;\n mod x "
	 "\"<2>\" @subchain \"x\" {}"},
	{mark_ferm, "@hook post 'reboot';", NULL},
	{mark_ferm, "@def $x = `reboot`;", NULL},
	{mark_ferm, "# `reboot`\n\"`reboot`\"", "# `reboot`\n\"`reboot`\""},
	{mark_ferm, "@include 'reboot|';", NULL},
	{mark_ferm, "@include 'folder/';", NULL},
	{mark_ferm, "@include '/no/such/file';", NULL},
	{mark_ferm, "@include", "@include"},
	{mark_ferm, "@include @glob('*');", NULL},
	{mark_ferm, "saddr @resolve(www.example.org) DROP;", NULL},
};

/* What the languages put around a mark, and how the cases have it. */
static const struct {
	const char *before;
	const char *after;
	const char *shown_before;
	const char *shown_after;
} wrappings[] = {
	{"mod comment comment \"", "\" ", "mod x \"<", ">\" "},
	{"mod string string \"", "\" algo bm ", "mod x \"<", ">\" "},
	{" -m comment --comment ", "", " -m comment --comment <", ">"},
	{" comment \"", "\"", " comment \"<", ">\""},
	{"", "", "<", ">"},
};

static bool ends_with(const char *text, size_t length, const char *end)
{
	size_t ours = strlen(end);
	return length >= ours && !memcmp(text + length - ours, end, ours);
}

/* Past the mark that a text starts with; NULL: it starts with none. */
static const char *past_mark(const char *text, unsigned *file, unsigned *line)
{
	static const char prefix[] = "fwlab_";
	char *end;
	if (strncmp(text, prefix, strlen(prefix)) != 0)
		return NULL;
	*file = (unsigned)strtoul(text + strlen(prefix), &end, 10);
	*line = (unsigned)strtoul(end + 1, &end, 10);
	return end;
}

/* The copy with its marks as the cases have them or, `bare`, without; in static memory. */
static const char *readable(const char *copy, bool bare)
{
	static char text[8192];
	size_t length = 0;
	while (*copy) {
		unsigned file;
		unsigned line;
		size_t i = 0;
		const char *past = past_mark(copy, &file, &line);
		if (!past) {
			text[length++] = *copy++;
			continue;
		}
		copy = past;
		while (strncmp(copy, wrappings[i].after, strlen(wrappings[i].after)) != 0 ||
		       !ends_with(text, length, wrappings[i].before))
			i++;
		length -= strlen(wrappings[i].before);
		copy += strlen(wrappings[i].after);
		if (!bare)
			length +=
				(size_t)sprintf(text + length, "%s%u%s", wrappings[i].shown_before,
						line, wrappings[i].shown_after);
	}
	text[length] = '\0';
	return text;
}

/* All that can be said of any copy: it is the text, marks apart, and no mark is of a later line. */
static void assert_sound(const char *text, const char *copy)
{
	unsigned lines = 1;
	assert_string_equal(readable(copy, true), text);
	for (; *copy; copy++) {
		unsigned file;
		unsigned line;
		lines += *copy == '\n';
		if (past_mark(copy, &file, &line)) {
			assert_int_equal(file, 0);
			assert_in_range(line, 1, lines);
		}
	}
}

static void copies(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct mark_book book = {0};
		char *copy = mark_text(&book, cases[i].copy, &nowhere, cases[i].text, QUIET_RUN);
		if (!copy != !cases[i].copied)
			fail_msg("case %zu: %s", i, copy ? copy : "no copy");
		if (copy) {
			assert_string_equal(readable(copy, false), cases[i].copied);
			assert_sound(cases[i].text, copy);
		}
		free(copy);
		mark_book_clear(&book);
	}
}

static void try_text(language *copy_language, const char *text)
{
	struct mark_book book = {0};
	char *copy = mark_text(&book, copy_language, &nowhere, text, QUIET_RUN);
	if (copy)
		assert_sound(text, copy);
	free(copy);
	mark_book_clear(&book);
}

static language *const languages[] = {mark_nft, mark_iptables, mark_ferm};

static void every_truncation(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t length = strlen(cases[i].text);
		for (size_t start = 0; start < length; start++) {
			char *end = strdup(cases[i].text + start);
			char *front = strndup(cases[i].text, start);
			assert_true(end && front);
			for (size_t k = 0; k < COUNT(languages); k++) {
				try_text(languages[k], end);
				try_text(languages[k], front);
			}
			free(end);
			free(front);
		}
	}
}

/* Pieces of all the languages in any order, the same ones each time. */
static void any_text(void **state)
{
	static const char *const pieces[] = {
		"{",	   "}",	    ";",       "\n",	   "\\\n",	"\"",	    "'",
		"#",	   "(",	    ")",       "table t ", "chain c ",	"policy ",  "drop",
		"accept ", "DROP ", "ACCEPT ", "comment ", "add rule ", "jump ",    "@def ",
		"$x",	   "&f",    "=",       "-A X ",	   ":X ",	"[1:2] ",   "iptables ",
		"-P X ",   "`",	    "\xff",    "@if ",	   "mod ",	"include ", "@subchain ",
	};
	(void)state;
	uint32_t random = 1;
	for (unsigned i = 0; i < 20000; i++) {
		char text[512] = "";
		size_t length = 0;
		for (unsigned k = 0; k < 1 + i % 32; k++) {
			random = random * 1664525 + 1013904223;
			length += (size_t)sprintf(text + length, "%s",
						  pieces[(random >> 16) % COUNT(pieces)]);
		}
		for (size_t k = 0; k < COUNT(languages); k++)
			try_text(languages[k], text);
	}
}

static void policies_are_contradicted_by_number(void **state)
{
	static const struct {
		language *copy;
		const char *text;
		const char *runs[2];
		unsigned lines[3];
	} policies[] = {
		{mark_nft,
		 "chain t a { policy drop; }\nchain t b { policy\taccept; }\nchain t c {\npolicy "
		 "drop\n}",
		 {"chain t a { policy accept; }\nchain t b { policy\taccept; }\nchain t c "
		  "{\npolicy accept\n}",
		  "chain t a { policy drop; }\nchain t b { policy\tdrop; }\nchain t c {\npolicy "
		  "accept\n}"},
		 {1, 2, 4}},
		{mark_iptables,
		 ":A DROP\n:B ACCEPT [0:0]\n:mine - [0:0]\n:C DROP",
		 {":A ACCEPT\n:B ACCEPT [0:0]\n:mine - [0:0]\n:C ACCEPT",
		  ":A DROP\n:B DROP [0:0]\n:mine - [0:0]\n:C ACCEPT"},
		 {1, 2, 4}},
		{mark_ferm,
		 "mod policy dir in;\nchain A policy DROP; chain B policy ACCEPT;\nchain C policy "
		 "DROP;",
		 {"mod policy dir in;\nchain A policy ACCEPT; chain B policy ACCEPT;\nchain C "
		  "policy ACCEPT;",
		  "mod policy dir in;\nchain A policy DROP; chain B policy DROP;\nchain C policy "
		  "ACCEPT;"},
		 {2, 2, 3}},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(policies); i++) {
		for (unsigned run = 0; run < 2; run++) {
			struct mark_book book = {0};
			char *copy =
				mark_text(&book, policies[i].copy, &nowhere, policies[i].text, run);
			assert_string_equal(copy, policies[i].runs[run]);
			assert_int_equal(book.n_policies, 3);
			for (size_t k = 0; k < 3; k++)
				assert_int_equal(book.policies[k].line, policies[i].lines[k]);
			free(copy);
			mark_book_clear(&book);
		}
	}
}

static void rules_are_read(void **state)
{
	static const struct {
		const char *rule;
		const char *plain;
		unsigned file;
		unsigned line;
	} rules[] = {
		{"accept", "accept", 0, 0},
		{"accept comment \"fwlab_2_31\"", "accept", 2, 31},
		{"accept comment \"minefwlab_0_7\"", "accept comment \"mine\"", 0, 7},
		{"-A X -m comment --comment fwlab_0_7 -j DROP", "-A X -j DROP", 0, 7},
		{"-A X -m comment --comment \"fwlab_1_7\" -j DROP", "-A X -j DROP", 1, 7},
		{"-A X -m string --string \"fwlab_1_7\" --algo bm -j DROP", "-A X -j DROP", 1, 7},
		{"counter packets 12 bytes 3456 drop", "counter packets  bytes  drop", 0, 0},
		{"quota over 5 bytes used 3 bytes drop", "quota over 5 bytes used  bytes drop", 0,
		 0},
		{"accept comment \"fwlab_0_1fwlab_0_2\"", NULL, 0, 0},
		{"fwlab_", "", 0, 0},
		{"fwlab_x", "x", 0, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rules); i++) {
		char *plain = malloc(strlen(rules[i].rule) + 1);
		struct mark_place place;
		assert_non_null(plain);
		mark_read(rules[i].rule, plain, &place);
		if (rules[i].plain)
			assert_string_equal(plain, rules[i].plain);
		assert_int_equal(place.line, rules[i].line);
		if (place.line)
			assert_int_equal(place.file, rules[i].file);
		free(plain);
	}
}

static int enter_folder(void **state)
{
	static char folder[32];
	strcpy(folder, "/tmp/mark-XXXXXX");
	*state = folder;
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int leave_folder(void **state)
{
	static const char *const names[] = {"a",     "b",	    "c",	   "all",
					    "fifo",  "loop",	    "nul",	   "long",
					    "sub/d", "parts/1.nft", "parts/2.nft", "parts/2.old"};
	for (size_t i = 0; i < COUNT(names); i++)
		unlink(names[i]);
	rmdir("sub");
	rmdir("parts/folder.nft");
	rmdir("parts");
	return chdir("/") == 0 ? rmdir(*state) : -1;
}

static void make_file(const char *name, const char *text, size_t length)
{
	FILE *file = fopen(name, "w");
	assert_non_null(file);
	fwrite(text, 1, length, file);
	assert_int_equal(fclose(file), 0);
}

/* The copy of a file of this folder as of an absolute path. */
static char *copy_file(struct mark_book *book, language *copy, const char *name)
{
	char path[128];
	char *here = get_current_dir_name();
	assert_non_null(here);
	snprintf(path, sizeof(path), "%s/%s", here, name);
	free(here);
	return mark_file(book, copy, path, QUIET_RUN);
}

static void includes_are_put_in_place(void **state)
{
	static const char a[] = "include \"./b\"\nadd rule t c drop\ninclude \"sub/d\";";
	static const char b[] = "\nadd rule t c accept";
	static const char c[] = "DROP; @include 'sub/d'; DROP;";
	static const char d[] = "\n\n\nDROP;";
	static const char e[] = "add rule t c drop";
	static const char all[] = "include \"./parts/*.nft\"; include \"./parts/*.none\";";
	struct mark_book book = {0};
	(void)state;
	assert_int_equal(mkdir("sub", 0755), 0);
	make_file("a", a, strlen(a));
	make_file("b", b, strlen(b));
	make_file("c", c, strlen(c));
	make_file("all", all, strlen(all));
	assert_int_equal(mkdir("parts", 0755), 0);
	assert_int_equal(mkdir("parts/folder.nft", 0755), 0);
	make_file("parts/1.nft", b, strlen(b));
	make_file("parts/2.nft", e, strlen(e));
	make_file("parts/2.old", d, strlen(d));
	make_file("sub/d", d, strlen(d));

	char *copy = copy_file(&book, mark_nft, "a");
	assert_string_equal(copy, "\nadd rule t c accept comment \"fwlab_1_2\"\n\nadd rule t c "
				  "drop comment \"fwlab_0_2\"\n\n\n\nDROP;\n;");
	assert_int_equal(book.n_files, 3);
	assert_non_null(strstr(book.files[1], "/b"));
	free(copy);
	mark_book_clear(&book);

	copy = copy_file(&book, mark_nft, "all");
	assert_string_equal(copy, "\nadd rule t c accept comment \"fwlab_1_2\"\nadd rule t c "
				  "drop comment \"fwlab_2_1\"\n; ;");
	assert_int_equal(book.n_files, 3);
	free(copy);
	mark_book_clear(&book);

	copy = copy_file(&book, mark_ferm, "c");
	assert_string_equal(copy, "mod comment comment \"fwlab_0_1\" DROP; \n\n\n\nmod comment "
				  "comment \"fwlab_1_4\" DROP;\n mod comment comment "
				  "\"fwlab_0_1\" DROP;");
	free(copy);
	mark_book_clear(&book);
}

static void what_is_no_text_has_no_copy(void **state)
{
	static const char loop[] = "include \"./loop\"\n";
	static const char *const names[] = {"fifo", "loop", "nul", "long", "none", "."};
	char *text = malloc(MARK_TEXT_MAX);
	(void)state;
	assert_non_null(text);
	memset(text, '\n', MARK_TEXT_MAX);
	make_file("long", text, MARK_TEXT_MAX);
	free(text);
	make_file("loop", loop, strlen(loop));
	make_file("nul", "\n\0\n", 3);
	assert_int_equal(mkfifo("fifo", 0644), 0);
	for (size_t i = 0; i < COUNT(names); i++) {
		struct mark_book book = {0};
		assert_null(copy_file(&book, mark_nft, names[i]));
		mark_book_clear(&book);
	}
}

int main(void)
{
#define TEST_IN_FOLDER(name) cmocka_unit_test_setup_teardown(name, enter_folder, leave_folder)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies),
		cmocka_unit_test(every_truncation),
		cmocka_unit_test(any_text),
		cmocka_unit_test(policies_are_contradicted_by_number),
		cmocka_unit_test(rules_are_read),
		TEST_IN_FOLDER(includes_are_put_in_place),
		TEST_IN_FOLDER(what_is_no_text_has_no_copy),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
