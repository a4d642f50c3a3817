/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libcurl, loaded when it is first wanted: it brings some twenty libraries
 * along, which would double the time of every fork and of the command's start
 * for scenarios that fetch nothing.
 */
#ifndef LAB_CURL_H
#define LAB_CURL_H

#include <curl/curl.h>

#include "netsim/error.h"

/* What we use of it. */
struct curl_library {
	__typeof__(curl_easy_init) *easy_init;
	__typeof__(curl_easy_setopt) *easy_setopt;
	__typeof__(curl_easy_perform) *easy_perform;
	__typeof__(curl_easy_getinfo) *easy_getinfo;
	__typeof__(curl_easy_strerror) *easy_strerror;
	__typeof__(curl_easy_cleanup) *easy_cleanup;
	__typeof__(curl_slist_append) *slist_append;
	__typeof__(curl_slist_free_all) *slist_free_all;
};

/*
 * It stays loaded, in children too: to be called before they are where there is
 * no such file.  NULL where it cannot be had.
 */
const struct curl_library *curl_load(struct sim_error *err);

#endif
