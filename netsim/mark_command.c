/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netsim/mark_command.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netsim/cleanup.h"

/* What a command does, and how its text is told. */
enum what { NOTHING, RULE, POLICY, RESTORE, NFT_FILE, NFT_WORDS };

/* Words that a marked command has more than the user's. */
#define MORE_WORDS 4

void mark_command_clear(struct mark_command *command)
{
	free(command->argv);
	free(command->input);
	free(command->owned);
	*command = (struct mark_command){0};
}

static const char *past(const char *text, const char *start)
{
	size_t length = strlen(start);
	return strncmp(text, start, length) ? NULL : text + length;
}

static bool is_any(const char *word, const char *const *words)
{
	while (*words && strcmp(*words, word) != 0)
		words++;
	return *words;
}

/* "iptables", "ip6tables-nft", "iptables-legacy-restore" */
static bool is_iptables(const char *name, bool *restores)
{
	const char *rest = past(name, "iptables");
	rest = rest ? rest : past(name, "ip6tables");
	if (!rest)
		return false;
	const char *backend = past(rest, "-nft");
	backend = backend ? backend : past(rest, "-legacy");
	rest = backend ? backend : rest;
	*restores = !strcmp(rest, "-restore");
	return !*rest || *restores;
}

/* "-A", "-AINPUT", "--append" */
static enum what iptables_verb(const char *word)
{
	static const char *const adds[] = {"--append", "--insert", "--replace", NULL};
	if (is_any(word, adds) || (word[0] == '-' && word[1] && strchr("AIR", word[1])))
		return RULE;
	return !strcmp(word, "-P") || !strcmp(word, "--policy") ? POLICY : NOTHING;
}

static enum what read_iptables(struct mark_command *command, size_t count)
{
	/* Of rules that are listed and added again, the places are known. */
	for (size_t i = 1; i < count; i++)
		if (mark_is_marked(command->argv[i]))
			return NOTHING;
	for (size_t i = 1; i < count; i++) {
		enum what what = iptables_verb(command->argv[i]);
		if (what == RULE)
			return RULE;
		command->at = i + 2;
		if (what == POLICY)
			return i + 2 < count ? POLICY : NOTHING;
	}
	return NOTHING;
}

/* `at` is the word that names the file; 0: standard input. */
static enum what read_restore(struct mark_command *command, size_t count)
{
	static const char *const take_words[] = {"-T", "--table", "-M", "--modprobe",
						 "-w", "--wait",  NULL};
	const char *last = command->argv[count - 1];
	if (count > 1 && *last != '-' && !is_any(command->argv[count - 2], take_words))
		command->at = count - 1;
	return RESTORE;
}

/* nft's options come first.  `at` is the first word of the rest, or the one that ends in a file. */
static enum what read_nft(struct mark_command *command, size_t count)
{
	static const char *const take_words[] = {"-I", "--includepath", "-D", "--define", NULL};
	static const char *const files[] = {"-f", "--file", NULL};
	static const char *const others[] = {"-j", "--json", "-i", "--interactive", NULL};
	for (size_t i = 1; i < count; i++) {
		const char *word = command->argv[i];
		command->at = i;
		if (*word != '-')
			return NFT_WORDS;
		if (is_any(word, others))
			return NOTHING;
		if (is_any(word, files)) {
			command->at = i + 1;
			return i + 1 < count ? NFT_FILE : NOTHING;
		}
		i += is_any(word, take_words);
	}
	return NOTHING;
}

static enum what find_out(struct mark_command *command, size_t count)
{
	bool restores;
	const char *slash = strrchr(command->argv[0], '/');
	const char *name = slash ? slash + 1 : command->argv[0];
	if (!strcmp(name, "nft"))
		return read_nft(command, count);
	if (!is_iptables(name, &restores))
		return NOTHING;
	return restores ? read_restore(command, count) : read_iptables(command, count);
}

/* The path of a file that a script names, from where it is now or was at first. */
static bool resolve(const char *name, size_t length, const char *folder, char path[PATH_MAX])
{
	autofree char *here = get_current_dir_name();
	const char *const folders[] = {here, folder};
	if (!length)
		return false;
	if (*name == '/')
		return snprintf(path, PATH_MAX, "%.*s", (int)length, name) < PATH_MAX;
	if (length > 2 && !strncmp(name, "./", 2)) {
		name += 2;
		length -= 2;
	}
	for (size_t i = 0; i < 2; i++)
		if (folders[i] &&
		    snprintf(path, PATH_MAX, "%s/%.*s", folders[i], (int)length, name) < PATH_MAX &&
		    access(path, R_OK) == 0)
			return true;
	return false;
}

/* What is known of the command, or of the call that has led to it, a level further out each. */
struct level {
	char *text; /* of the file, to be freed */
	unsigned line;
	bool passes_on;
};

static bool find_level(const struct mark_scene *scene, size_t index, char path[PATH_MAX],
		       struct level *level)
{
	const char *file;
	const char *line;
	const char *name;
	char words[8192]; /* more are cut off, and then not found */
	const struct mark_call *call = &scene->call;
	size_t length = mark_call_line(call->files, index, &file);
	size_t name_length = mark_call_line(call->names, index, &name);
	mark_call_line(call->lines, index, &line);
	snprintf(words, sizeof(words), "%.*s", index ? (int)name_length : INT_MAX,
		 index ? name : call->command);
	if (!resolve(file, length, scene->folder, path))
		return false;
	level->text = mark_read_file(path);
	if (!level->text || mark_is_marked(level->text))
		return false;
	level->line = mark_find_words(level->text, (unsigned)strtoul(line, NULL, 10), words);
	level->passes_on =
		index ? mark_line_passes_on(level->text, level->line) : mark_passes_on(words);
	return level->line != 0;
}

/*
 * The command's place: where its words are written, be it by the caller of the function that runs
 * them.  False: it is not certain.  `*text` is the file's, to be freed.
 */
static bool find_place(const struct mark_scene *scene, char path[PATH_MAX], unsigned *line,
		       char **text)
{
	const struct mark_call *call = &scene->call;
	const char *outer;
	if (!call->lines || !call->files || !call->names || !call->command)
		return false;
	for (size_t i = 0;; i++) {
		struct level level = {0};
		bool found = find_level(scene, i, path, &level);
		if (found && (!level.passes_on || !mark_call_line(call->files, i + 1, &outer))) {
			*line = level.line;
			*text = level.text;
			return true;
		}
		free(level.text);
		if (!found)
			return false;
	}
}

/* All that can be read; false: no memory. */
static bool read_all(int fd, char **text, size_t *length)
{
	char part[16384];
	ssize_t got;
	FILE *to = open_memstream(text, length);
	while (to && (got = read(fd, part, sizeof(part))) > 0)
		fwrite(part, 1, (size_t)got, to);
	return to && fclose(to) == 0;
}

static bool is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec >= b->tv_nsec;
}

/* The path of an open file that was there, as it is, before the script; false: it is no such. */
static bool is_hosts(int fd, const struct mark_scene *scene, char path[PATH_MAX])
{
	char link[64];
	struct stat open_one;
	struct stat named;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, PATH_MAX - 1);
	if (length <= 0 || fstat(fd, &open_one) < 0 || !S_ISREG(open_one.st_mode) ||
	    lseek(fd, 0, SEEK_CUR) != 0)
		return false;
	path[length] = '\0';
	return stat(path, &named) == 0 && named.st_ino == open_one.st_ino &&
	       named.st_dev == open_one.st_dev && !is_later(&named.st_ctim, &scene->begun);
}

/* Where the lines stand that the command reads: in a file, in its script, or nobody knows. */
static void find_source(struct mark_command *command, const struct mark_scene *scene, bool in_file)
{
	autofree char *script = NULL;
	unsigned line;
	struct mark_source *source = &command->source;
	if (in_file) {
		source->path = command->path;
		return;
	}
	if (!find_place(scene, command->path, &line, &script))
		return;
	source->path = command->path;
	source->before = command->input ? mark_find_body(script, line, command->input) : 0;
	source->line = source->before ? 0 : line;
}

static bool read_text(struct mark_command *command, const struct mark_scene *scene)
{
	const char *name = command->at ? command->argv[command->at] : "-";
	autoclose int file =
		strcmp(name, "-") != 0 ? open(name, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (file < 0)
		return false;
	bool in_file = is_hosts(file, scene, command->path);
	bool good = read_all(file, &command->input, &command->input_length);
	if (file == STDIN_FILENO)
		steal_fd(&file);
	if (good)
		find_source(command, scene, in_file);
	return good;
}

static size_t count_words(char **argv)
{
	size_t count = 0;
	while (argv[count])
		count++;
	return count;
}

bool mark_command_read(struct mark_command *command, char **argv, const struct mark_scene *scene)
{
	size_t count = count_words(argv);
	*command = (struct mark_command){0};
	command->argv = calloc(count + MORE_WORDS + 1, sizeof(*argv));
	if (!count || !command->argv) {
		mark_command_clear(command);
		return false;
	}
	memcpy(command->argv, argv, count * sizeof(*argv));
	command->what = find_out(command, count);
	if (getcwd(command->here, sizeof(command->here)))
		command->source.folder = command->here;
	bool reads = command->what == RESTORE || command->what == NFT_FILE;
	if (command->what == NOTHING || (reads && !read_text(command, scene))) {
		mark_command_clear(command);
		return false;
	}
	if (!reads)
		find_source(command, scene, false);
	return true;
}

static struct mark_place place_of(const struct mark_command *command, struct mark_book *book)
{
	struct mark_place place = {.line = command->source.line};
	if (command->source.path)
		place.file = mark_book_file(book, command->source.path);
	return place.file < MARK_FILES_MAX ? place : (struct mark_place){0};
}

static void mark_rule(struct mark_command *command, struct mark_book *book)
{
	static char words[][12] = {"-m", "comment", "--comment"};
	struct mark_place place = place_of(command, book);
	size_t count = count_words(command->argv);
	if (!place.line)
		return;
	mark_place_name(place, command->name);
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		command->argv[count++] = words[i];
	command->argv[count] = command->name;
}

static void contradict_policy(struct mark_command *command, struct mark_book *book, unsigned run)
{
	char **word = &command->argv[command->at];
	const char *other =
		mark_policy_at(book, run, *word, strlen(*word), place_of(command, book));
	if (!other)
		return;
	snprintf(command->name, sizeof(command->name), "%s", other);
	*word = command->name;
}

/* What is read comes on standard input in any case. */
static void mark_input(struct mark_command *command, struct mark_book *book, unsigned run)
{
	static char standard_input[] = "-";
	char *copy = NULL;
	bool is_nft = command->what == NFT_FILE;
	if (strlen(command->input) == command->input_length &&
	    command->input_length < MARK_TEXT_MAX)
		copy = mark_text(book, is_nft ? mark_nft : mark_iptables, &command->source,
				 command->input, run);
	if (copy) {
		free(command->input);
		command->input = copy;
		command->input_length = strlen(copy);
	}
	if (command->at)
		command->argv[command->at] = is_nft ? standard_input : NULL;
}

/* nft reads its words as one text, with blanks between them. */
static void mark_words(struct mark_command *command, struct mark_book *book, unsigned run)
{
	size_t length;
	autofree char *text = NULL;
	FILE *to = open_memstream(&text, &length);
	for (size_t i = command->at; to && command->argv[i]; i++)
		fprintf(to, "%s%s", i > command->at ? " " : "", command->argv[i]);
	if (!to || fclose(to) != 0)
		return;
	command->owned = mark_text(book, mark_nft, &command->source, text, run);
	if (!command->owned)
		return;
	command->argv[command->at] = command->owned;
	command->argv[command->at + 1] = NULL;
}

void mark_command_mark(struct mark_command *command, struct mark_book *book, unsigned run)
{
	switch ((enum what)command->what) {
	case RULE:
		mark_rule(command, book);
		break;
	case POLICY:
		contradict_policy(command, book, run);
		break;
	case RESTORE:
	case NFT_FILE:
		mark_input(command, book, run);
		break;
	case NFT_WORDS:
		mark_words(command, book, run);
		break;
	case NOTHING:
		break;
	}
}
