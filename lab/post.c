/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/post.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int post_open(struct post *post, struct sim_host *host, struct sim_error *err)
{
	*post = (struct post){.host = host};
	if (sim_revisions_open(host, &post->revisions, err) < 0)
		return -1;
	return sim_trace_open(host, &post->trace, err);
}

void post_close(struct post *post)
{
	post_forget(post);
	sim_trace_close(post->trace);
	sim_revisions_close(post->revisions);
	sim_origins_free(post->origins);
	sim_ruleset_free(post->ruleset);
}

void post_forget(struct post *post)
{
	sim_ruleset_free(post->before);
	post->before = NULL;
}

static int listen_to_group(void *arg, uint16_t group, struct sim_error *err)
{
	struct post *post = arg;
	int heard = sim_trace_hear_group(post->trace, group, err);
	post->deaf |= heard == 0;
	return heard < 0 ? -1 : 0;
}

/* More than a policy has. */
#define PLACES_MAX 64

/* As far as it has to, which is a change of the rules, but not one of the user's. */
static int reach(struct post *post, struct sim_error *err)
{
	struct sim_place places[PLACES_MAX];
	bool changed = false;
	size_t count = sim_ruleset_places(post->ruleset, places, PLACES_MAX);
	int reached =
		count > PLACES_MAX ? 0 : sim_trace_reach(post->trace, places, count, &changed, err);
	post->early = count > 0;
	post->unreached = reached == 0;
	/* Where there were more changes, they are yet to be noticed. */
	post->revision.nft += changed;
	return reached < 0 ? sim_wrap(err, "host %s", sim_host_name(post->host)) : 0;
}

/* The revision first: what changes after it was read will be noticed. */
int post_learn(struct post *post, struct sim_error *err)
{
	if (sim_revision_read(post->revisions, &post->revision, err) < 0 ||
	    sim_ruleset_read(post->host, &post->ruleset, err) < 0)
		return -1;
	if (reach(post, err) < 0)
		return -1;
	post->deaf = false;
	return sim_ruleset_log_groups(post->ruleset, listen_to_group, post, err);
}

int post_note_policies(struct post *post, const struct policy_set *set, struct sim_error *err)
{
	post->set = set;
	post->origins = sim_origins_new(post->host, post->ruleset);
	for (size_t i = 0; i < set->n_policies; i++)
		if (!post->origins || sim_origins_add(post->origins, set->policies[i].kind,
						      set->policies[i].path) < 0)
			return sim_fail(err, ENOMEM, "the policies");
	return 0;
}

static bool same_revision(const struct sim_revision *a, const struct sim_revision *b)
{
	return a->nft == b->nft && a->legacy == b->legacy;
}

int post_refresh(struct post *post, bool during, struct sim_error *err)
{
	struct sim_revision now;
	if (sim_revision_read(post->revisions, &now, err) < 0)
		return -1;
	if (!post->ruleset || same_revision(&post->revision, &now))
		return 0;
	struct sim_ruleset *before = post->ruleset;
	post->ruleset = NULL;
	if (post_learn(post, err) < 0) {
		sim_ruleset_free(before);
		return -1;
	}
	/* A set's elements, say: the rules, and where they stand, are what they were. */
	if (sim_ruleset_same(before, post->ruleset)) {
		sim_ruleset_free(post->ruleset);
		post->ruleset = before;
		return 0;
	}
	sim_origins_free(post->origins);
	post->origins = NULL;
	post_forget(post);
	if (during)
		post->before = before;
	else
		sim_ruleset_free(before);
	return 1;
}

int post_follow(struct post *post, uint16_t port, struct sim_error *err)
{
	struct sim_revision before, now;
	if (sim_revision_read(post->revisions, &before, err) < 0 ||
	    sim_trace_follow(post->trace, port, err) < 0 ||
	    sim_revision_read(post->revisions, &now, err) < 0)
		return -1;
	/* One change is our own; if there are more, they are yet to be noticed. */
	if (before.nft == post->revision.nft && now.nft == before.nft + 1)
		post->revision.nft = now.nft;
	return 0;
}

static struct post_word look_up(const struct sim_ruleset *ruleset, struct sim_trace_event *event)
{
	sim_ruleset_correct(ruleset, event);
	return (struct post_word){
		.text = sim_ruleset_text(ruleset, event),
		.wording = sim_ruleset_wording(ruleset, event),
		.chain = sim_ruleset_chain(ruleset, event),
		.fate = sim_ruleset_fate(ruleset, event),
	};
}

/*
 * Of rules that have been changed since a moment that is not known, the event is
 * about what only one of both has, or both alike.
 */
struct post_word post_look_up(const struct post *post, struct sim_trace_event *event)
{
	struct post_word unknown = {.fate = SIM_FATE_NONE};
	if (!post->ruleset)
		return unknown;
	if (!post->before)
		return look_up(post->ruleset, event);
	struct sim_trace_event earlier = *event, later = *event;
	struct post_word before = look_up(post->before, &earlier);
	struct post_word now = look_up(post->ruleset, &later);
	bool same = before.text && now.text && earlier.kind == later.kind &&
		    !strcmp(before.text, now.text);
	if (same || !before.text) {
		event->kind = later.kind;
		return now;
	}
	if (!now.text) {
		event->kind = earlier.kind;
		return before;
	}
	if (!event->legacy && event->verdict == SIM_VERDICT_DROP)
		unknown.fate = SIM_FATE_DROPPED;
	return unknown;
}

const char *post_hook(const struct post *post, const struct sim_trace_event *event)
{
	const char *hook = post->ruleset ? sim_ruleset_hook(post->ruleset, event) : "";
	return *hook || !post->before ? hook : sim_ruleset_hook(post->before, event);
}

/* A path as the user has written it: the policy's, or that of a file in its folder. */
static const char *shown_path(const struct policy_set *set, const char *path)
{
	for (size_t i = 0; i < set->n_policies; i++) {
		const struct policy *policy = &set->policies[i];
		size_t length = strlen(policy->path);
		size_t shown = strlen(policy->shown);
		if (!strcmp(policy->path, path))
			return policy->shown;
		if (shown < length && !strcmp(policy->path + length - shown, policy->shown) &&
		    !strncmp(policy->path, path, length - shown))
			return path + length - shown;
	}
	return path;
}

unsigned post_origin(const struct post *post, const struct sim_trace_event *event, char *file,
		     size_t size)
{
	struct sim_origin origin;
	if (!post->origins || !sim_origins_find(post->origins, event, &origin))
		return 0;
	/* Half a name is another one. */
	return snprintf(file, size, "%s", shown_path(post->set, origin.file)) < (int)size
		       ? origin.line
		       : 0;
}
