/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lab/nearest.h"

static const char *nearest_of(const char *word, const char *const *names, size_t count)
{
	struct nearest nearest = nearest_to(word);
	for (size_t i = 0; i < count; i++)
		nearest_offer(&nearest, names[i]);
	return nearest.name;
}

static void test_nearest(void **state)
{
	static const char *const names[] = {"mirror",  "ns",	   "buildd",
					    "net_cls", "subnets",  "addresses",
					    "nft",     "iptables", "iptables-nft"};
	static const struct {
		const char *word, *name;
	} rows[] = {
		{"miror", "mirror"},   /* left out */
		{"mirrror", "mirror"}, /* put in */
		{"mirrar", "mirror"},  /* changed */
		{"mirrro", "mirror"},  /* swapped: one change, not two */
		{"MIRROR", "mirror"},  /* case */
		{"netcls", "net_cls"},
		{"adresses", "addresses"},
		{"subnet", "subnets"},
		{"sn", "ns"}, /* short words may swap */
		{"xy", NULL}, /* but no letter left is not near */
		{"firewall", NULL},
		{"", NULL},
		{"nftables", "nft"},
		{"NFTables", "nft"},
		{"iptable", "iptables"},
		{"iptables-nf", "iptables-nft"}, /* one change, not the word's beginning */
		{"nftab", NULL},		 /* two of five are too many */
		{"nsswitch", NULL},		 /* two letters are no beginning */
		{"mxrxox", NULL},		 /* three of six are too many */
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *name =
			nearest_of(rows[i].word, names, sizeof(names) / sizeof(names[0]));
		if (rows[i].name)
			assert_string_equal(name ? name : "(none)", rows[i].name);
		else
			assert_null(name);
	}
}

static void test_first_of_equals(void **state)
{
	static const char *const names[] = {"host-a", "host-b"};
	(void)state;
	assert_string_equal(nearest_of("host-c", names, 2), "host-a");
	assert_string_equal(nearest_of("host-b", names, 2), "host-b");
}

static void test_long_words(void **state)
{
	char word[301], name[NEAREST_WORD_MAX + 1];
	const char *const names[] = {name};
	(void)state;
	memset(word, 'a', 300);
	word[300] = '\0';
	memset(name, 'a', NEAREST_WORD_MAX);
	name[NEAREST_WORD_MAX] = '\0';
	assert_null(nearest_of(word, names, 1));
	word[NEAREST_WORD_MAX] = '\0';
	word[0] = 'b';
	assert_ptr_equal(nearest_of(word, names, 1), name);
	word[NEAREST_WORD_MAX] = 'a';
	word[NEAREST_WORD_MAX + 1] = '\0';
	assert_null(nearest_of(word, names, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_first_of_equals),
		cmocka_unit_test(test_long_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
