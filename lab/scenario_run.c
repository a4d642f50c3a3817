/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a run probe runs, and what it must print. */
#include <string.h>

#include "lab/scenario_reader.h"

#define ARGUMENTS_MAX  1000
#define WORD_BYTES_MAX 131071 /* Linux: MAX_ARG_STRLEN, execve(2) */

static bool is_word(struct reader *r, const struct yaml *node, const char *text)
{
	size_t length = strlen(text);
	if (length > WORD_BYTES_MAX)
		complain(r, node->place, "%zu bytes; a word of a command line has at most %d",
			 length, WORD_BYTES_MAX);
	return length <= WORD_BYTES_MAX;
}

static char **shell_argv(struct reader *r, const char *command)
{
	char **argv = arena_array(r->arena, char *, 4);
	argv[0] = arena_strdup(r->arena, "/bin/sh");
	argv[1] = arena_strdup(r->arena, "-c");
	argv[2] = arena_strdup(r->arena, command);
	return argv;
}

bool read_words(struct reader *r, const struct yaml *node, char ***words)
{
	const char *text;
	if (!want_list(r, node, "a command line, or its words"))
		return false;
	if (!node->n_entries || node->n_entries > ARGUMENTS_MAX) {
		complain(r, node->place, "a command line has from 1 to %d words, this one %zu",
			 ARGUMENTS_MAX, node->n_entries);
		return false;
	}
	*words = arena_array(r->arena, char *, node->n_entries + 1);
	size_t n = 0;
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		if (read_text(r, e->value, "a word", &text) && is_word(r, e->value, text))
			(*words)[n++] = arena_strdup(r->arena, text);
	}
	if (n && !**words[0])
		complain(r, node->entries->value->place, "the program's name is empty");
	return n == node->n_entries;
}

char **read_command(struct reader *r, const struct yaml *node)
{
	char **argv = NULL;
	if (node->kind == YAML_TEXT)
		return is_word(r, node, node->text) ? shell_argv(r, node->text) : NULL;
	read_words(r, node, &argv);
	return argv;
}

const char *command_text(char *const *argv)
{
	return argv[0] && argv[1] && argv[2] ? argv[2] : argv[0];
}

static void read_argv(struct reader *r, const struct yaml *node, void *into)
{
	((struct probe *)into)->argv = read_command(r, node);
}

static void read_exit(struct reader *r, const struct yaml *node, void *into)
{
	uint64_t status;
	if (read_number(r, node, "an exit status", 0, 255, &status))
		expect_exit(r, node->place, (int)status, into);
}

static void add_output(struct reader *r, const struct yaml *node, size_t variant,
		       struct probe *probe)
{
	struct output_clause *clause = &probe->output[probe->n_output];
	*clause = (struct output_clause){.place = node->place, .variant = variant};
	if (read_text(r, node, "a text that is printed", &clause->contains))
		probe->n_output++;
}

void read_output(struct reader *r, const struct yaml *node, void *into)
{
	struct probe *probe = into;
	probe->output = arena_array(r->arena, struct output_clause, node->n_entries + 1);
	if (node->kind != YAML_MAP) {
		add_output(r, node, NONE, probe);
		return;
	}
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		bool is_else = strcmp(e->key->text, "else") == 0;
		size_t variant = is_else ? NONE : find_variant(r, e->key->place, e->key->text);
		if (is_else || variant != NONE)
			add_output(r, e->value, variant, probe);
	}
}

static const struct field run_fields[] = {
	{"argv", read_argv, true},
	{"exit", read_exit, false},
	{"output", read_output, false},
};

void read_run(struct reader *r, const struct yaml *node, struct probe *probe)
{
	if (node->kind == YAML_MAP)
		read_fields(r, node, "'run'", FIELDS(run_fields), probe);
	else
		read_argv(r, node, probe);
}

const char *scenario_output(const struct probe *probe, size_t variant)
{
	const char *otherwise = NULL;
	for (size_t i = 0; i < probe->n_output; i++) {
		const struct output_clause *clause = &probe->output[i];
		if (clause->variant == variant)
			return clause->contains;
		if (clause->variant == NONE)
			otherwise = clause->contains;
	}
	return otherwise;
}
