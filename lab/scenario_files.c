/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of a host's or a root's own. */
#include <string.h>
#include <sys/stat.h>

#include "lab/scenario_reader.h"
#include "netsim/files.h"

#define FILES_MAX 1000

/* A file while it is being read. */
struct file_reading {
	struct file *file;
	const struct scope *scope;
};

static void read_text_field(struct reader *r, const struct yaml *node, void *into)
{
	struct file *file = ((struct file_reading *)into)->file;
	const char *text;
	if (!read_text(r, node, "the file's text", &text))
		return;
	size_t length = strlen(text);
	bool ended = !length || text[length - 1] == '\n';
	file->text = ended ? text : arena_printf(r->arena, "%s\n", text);
}

static void read_source(struct reader *r, const struct yaml *node, void *into)
{
	struct file *file = ((struct file_reading *)into)->file;
	const char *name, *why;
	if (!read_text(r, node, "a file's name", &name))
		return;
	file->source = resolve_file(r->arena, r->scenario->folder, name, &why);
	if (!file->source)
		complain(r, node->place, "file %s: %s", quoted(r, name), why);
}

static void read_mode(struct reader *r, const struct yaml *node, void *into)
{
	struct file *file = ((struct file_reading *)into)->file;
	const char *text;
	mode_t mode = 0;
	if (!read_text(r, node, "a mode", &text))
		return;
	size_t length = strspn(text, "01234567");
	if (!length || text[length] || length > 5) {
		complain(r, node->place, "%s is not a mode such as \"0644\"", quoted(r, text));
		return;
	}
	for (; *text; text++)
		mode = mode << 3 | (mode_t)(*text - '0');
	if (mode > 07777)
		complain(r, node->place, "a mode is at most \"7777\"");
	file->mode = mode;
}

static void read_owner(struct reader *r, const struct yaml *node, void *into)
{
	const struct file_reading *reading = into;
	read_uid(r, node, reading->scope, &reading->file->uid);
}

static void read_file_group(struct reader *r, const struct yaml *node, void *into)
{
	const struct file_reading *reading = into;
	read_gid(r, node, reading->scope, &reading->file->gid);
}

static const struct field file_fields[] = {
	{"text", read_text_field, false},  {"file", read_source, false},
	{"mode", read_mode, false},	   {"owner", read_owner, false},
	{"group", read_file_group, false},
};

static const struct field folder_fields[] = {
	{"mode", read_mode, false},
	{"owner", read_owner, false},
	{"group", read_file_group, false},
};

static void read_file(struct reader *r, const struct yaml *value, struct file_reading *reading)
{
	if (reading->file->is_folder) {
		if (value->kind != YAML_NOTHING)
			read_fields(r, value, "a folder", FIELDS(folder_fields), reading);
		return;
	}
	if (value->kind != YAML_MAP) {
		read_text_field(r, value, reading);
		return;
	}
	bool text = yaml_get(value, "text"), source = yaml_get(value, "file");
	read_fields(r, value, "a file", FIELDS(file_fields), reading);
	if (text == source)
		complain(r, value->place,
			 text ? "a file has a 'text' of its own, or is a copy of a 'file': one of "
				"them"
			      : "a file needs a 'text', or a 'file' that it is a copy of");
}

static bool is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);
	return !strncmp(path, folder, length) && path[length] == '/';
}

/* What is wrong between two of a list: one path for both, or one below the other, a file. */
static void check_pair(struct reader *r, const struct file *one, const struct file *other)
{
	const struct file *upper = is_below(one->path, other->path) ? other : one;
	const struct file *lower = upper == one ? other : one;
	if (!strcmp(one->path, other->path))
		complain(r, other->place, "%s is given twice; the first is on line %u",
			 quoted(r, other->path), one->place.line);
	else if (!upper->is_folder && is_below(lower->path, upper->path))
		complain(r, lower->place, "%s is a file (line %u), and nothing can be below it",
			 quoted(r, upper->path), upper->place.line);
}

/* Files that fwlab itself writes, whatever the machine has (netsim/mounts.c). */
static bool is_written(const char *path)
{
	static const char *const paths[] = {"/etc/passwd", "/etc/group", "/etc/hosts",
					    "/etc/resolv.conf", "/etc/nsswitch.conf"};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (!strcmp(path, paths[i]))
			return true;
	return false;
}

static bool is_not_the_machines(const char *path)
{
	static const char *const tops[] = {"/run", "/home", "/root"};
	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++)
		if (is_below(path, tops[i]))
			return true;
	return false;
}

enum thing { THING_NONE, THING_FILE, THING_FOLDER, THING_UNKNOWN };

/* What is at a path of a host or a root before the scenario's own files are. */
static enum thing look_at(const char *path, bool in_root)
{
	struct stat status;
	if (is_written(path))
		return THING_FILE;
	if (in_root ? !is_below(path, "/usr") : is_not_the_machines(path))
		return THING_UNKNOWN;
	if (lstat(path, &status) < 0)
		return THING_NONE;
	/* A link may lead elsewhere in there, and what is not for all may be hidden. */
	if (S_ISLNK(status.st_mode) || !(status.st_mode & S_IROTH))
		return THING_UNKNOWN;
	return S_ISDIR(status.st_mode) ? THING_FOLDER : THING_FILE;
}

/* Folders of a path that are none, and a folder where a file is to be, or the other way round. */
static void check_way(struct reader *r, const struct file *file, bool in_root)
{
	const char *end = strchr(file->path + 1, '/');
	for (; end; end = strchr(end + 1, '/')) {
		const char *upper = arena_strndup(r->arena, file->path, (size_t)(end - file->path));
		enum thing thing = look_at(upper, in_root);
		if (thing == THING_FILE)
			complain(r, file->place, "%s is a file, and nothing can be below it",
				 quoted(r, upper));
		if (thing == THING_NONE || thing == THING_FILE)
			return;
		if (thing == THING_UNKNOWN && !in_root)
			return;
	}
	enum thing thing = look_at(file->path, in_root);
	if (file->is_folder && thing == THING_FILE)
		complain(r, file->place, "%s is a file, and no folder", quoted(r, file->path));
	else if (!file->is_folder && thing == THING_FOLDER)
		complain(r, file->place, "%s is a folder: no file can take its place",
			 quoted(r, file->path));
}

static void check_paths(struct reader *r, const struct files *files, bool in_root)
{
	for (size_t i = 0; i < files->count; i++) {
		if (sim_file_why_not(files->list[i].path, in_root))
			continue;
		check_way(r, &files->list[i], in_root);
		for (size_t k = 0; k < i; k++)
			check_pair(r, &files->list[k], &files->list[i]);
	}
}

void check_mount_point(struct reader *r, struct place place, const char *path,
		       const struct files *files)
{
	const struct file folder = {.path = path, .place = place, .is_folder = true};
	check_way(r, &folder, false);
	for (size_t i = 0; i < files->count; i++) {
		const struct file *file = &files->list[i];
		bool is_there = !strcmp(path, file->path) || is_below(path, file->path);
		if (!file->is_folder && is_there)
			complain(r, place, "%s is a file (line %u)", quoted(r, file->path),
				 file->place.line);
	}
}

void read_files(struct reader *r, const struct yaml *node, const struct scope *scope, bool in_root,
		struct files *files)
{
	if (!want_map(r, node, "files"))
		return;
	if (node->n_entries > FILES_MAX) {
		complain(r, node->place, "%zu files; at most %d are possible", node->n_entries,
			 FILES_MAX);
		return;
	}
	files->list = arena_array(r->arena, struct file, node->n_entries);
	for (const struct yaml_entry *e = node->entries; e; e = e->next) {
		struct file *file = &files->list[files->count++];
		struct file_reading reading = {file, scope};
		size_t length = strlen(e->key->text);
		bool is_folder = length > 1 && e->key->text[length - 1] == '/';
		*file = (struct file){
			.path = arena_strndup(r->arena, e->key->text, length - is_folder),
			.place = e->key->place,
			.is_folder = is_folder,
			.mode = is_folder ? 0755 : 0644,
		};
		const char *why = sim_file_why_not(file->path, in_root);
		if (why)
			complain(r, e->key->place, "%s: %s", quoted(r, e->key->text), why);
		read_file(r, e->value, &reading);
	}
	check_paths(r, files, in_root);
}
