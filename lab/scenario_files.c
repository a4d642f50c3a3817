/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of a host's or a root's own. */
#include <string.h>

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
	file->source = resolve_policy_file(r->arena, r->scenario->folder, name, &why);
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
}
