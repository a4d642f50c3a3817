/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lab/curl.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define FUNCTION(name)                                                                             \
	{                                                                                          \
		"curl_" #name, offsetof(struct curl_library, name)                                 \
	}

static const struct {
	const char *name;
	size_t offset;
} functions[] = {
	FUNCTION(easy_init),	FUNCTION(easy_setopt),	  FUNCTION(easy_perform),
	FUNCTION(easy_getinfo), FUNCTION(easy_strerror),  FUNCTION(easy_cleanup),
	FUNCTION(slist_append), FUNCTION(slist_free_all),
};

static int find_functions(void *loaded, struct curl_library *library, struct sim_error *err)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		void *function = dlsym(loaded, functions[i].name);
		if (!function)
			return sim_fail(err, 0, "cannot use libcurl: %s", dlerror());
		memcpy((char *)library + functions[i].offset, &function, sizeof(function));
	}
	return 0;
}

const struct curl_library *curl_load(struct sim_error *err)
{
	static struct curl_library library;
	static bool is_loaded;
	if (is_loaded)
		return &library;
	void *loaded = dlopen(FWLAB_LIBCURL, RTLD_NOW | RTLD_LOCAL);
	if (!loaded) {
		sim_fail(err, 0, "cannot load libcurl, which fetches need: %s", dlerror());
		return NULL;
	}
	if (find_functions(loaded, &library, err) < 0) {
		dlclose(loaded);
		return NULL;
	}
	is_loaded = true;
	return &library;
}
