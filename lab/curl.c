/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/curl.h"

#include "fixtures/library.h"

#define FUNCTION(name)                                                                             \
	{                                                                                          \
		"curl_" #name, offsetof(struct curl_library, name)                                 \
	}

static const struct library_function functions[] = {
	FUNCTION(easy_init),	FUNCTION(easy_setopt),	  FUNCTION(easy_perform),
	FUNCTION(easy_getinfo), FUNCTION(easy_strerror),  FUNCTION(easy_cleanup),
	FUNCTION(slist_append), FUNCTION(slist_free_all),
};

const struct curl_library *curl_load(struct sim_error *err)
{
	static struct curl_library curl;
	static struct library library = {
		.soname = FWLAB_LIBCURL,
		.functions = functions,
		.n_functions = sizeof(functions) / sizeof(*functions),
		.to = &curl,
	};
	const char *why_not = library_load(&library);
	if (!why_not)
		return &curl;
	sim_fail(err, 0, "cannot load libcurl, which fetches need: %s", why_not);
	return NULL;
}
