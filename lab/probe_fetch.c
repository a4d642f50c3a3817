/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lab/ask.h"
#include "lab/curl.h"
#include "lab/wire.h"

#define BODY_MAX (64UL * 1024 * 1024)

/* As apt asks for a Release file. */
#define USER_AGENT    "User-Agent: Debian APT-HTTP/1.3 (2.6.1)"
#define CACHE_CONTROL "Cache-Control: max-age=0"

/* Says which host the page is from: fixtures/http.c. */
#define HOST_HEADER "Fwlab-Host:"

struct fetch {
	const struct curl_library *lib;
	const struct errand *errand;
	struct sighting *sighting;
	const struct wire_limit *limit;
	uint64_t body; /* bytes received */
	char host[64]; /* from HOST_HEADER, "" if it did not come */
};

/* Our own socket and handshake, so that the ICMP errors are ours too. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct fetch *fetch = arg;
	(void)purpose;
	__atomic_store_n(&fetch->sighting->stage, STAGE_CONNECT, __ATOMIC_RELEASE);
	int fd = wire_socket(to->family, to->socktype, IPPROTO_TCP, fetch->sighting);
	if (fd < 0)
		return CURL_SOCKET_BAD;
	if (wire_connect(fd, &to->addr, to->addrlen, fetch->limit, fetch->sighting) < 0) {
		close(fd);
		return CURL_SOCKET_BAD;
	}
	fetch->sighting->stage = STAGE_ANSWER;
	return fd;
}

static int already_connected(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	(void)arg;
	(void)fd;
	(void)purpose;
	return CURL_SOCKOPT_ALREADY_CONNECTED;
}

static size_t count_body(char *data, size_t size, size_t count, void *arg)
{
	struct fetch *fetch = arg;
	(void)data;
	fetch->body += size * count;
	return fetch->body <= BODY_MAX ? size * count : 0;
}

static size_t look_at_header(char *line, size_t size, size_t count, void *arg)
{
	struct fetch *fetch = arg;
	size_t length = size * count;
	size_t skip = strlen(HOST_HEADER);
	if (length > skip && !strncasecmp(line, HOST_HEADER, skip)) {
		while (skip < length && line[skip] == ' ')
			skip++;
		while (length > skip && strchr("\r\n ", line[length - 1]))
			length--;
		snprintf(fetch->host, sizeof(fetch->host), "%.*s", (int)(length - skip),
			 line + skip);
	}
	return size * count;
}

static bool is_literal(const char *host)
{
	unsigned char address[16];
	char bare[INET6_ADDRSTRLEN];
	snprintf(bare, sizeof(bare), "%.*s", (int)strcspn(host + (*host == '['), "]"),
		 host + (*host == '['));
	return inet_pton(AF_INET, bare, address) == 1 || inet_pton(AF_INET6, bare, address) == 1;
}

/* What CURLOPT_RESOLVE takes, "host:port:address"; NULL without memory. */
static struct curl_slist *pin(const struct fetch *fetch, const struct sockaddr_storage *address)
{
	char text[INET6_ADDRSTRLEN];
	char line[512];
	const void *bytes =
		address->ss_family == AF_INET6
			? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
			: (const void *)&((const struct sockaddr_in *)address)->sin_addr;
	inet_ntop(address->ss_family, bytes, text, sizeof(text));
	snprintf(line, sizeof(line), "%s:%u:%s", fetch->errand->probe->url_host,
		 fetch->errand->probe->url_port, text);
	return fetch->lib->slist_append(NULL, line);
}

static struct curl_slist *request_headers(const struct fetch *fetch)
{
	const struct curl_library *lib = fetch->lib;
	char probe_header[NONCE_MAX + 16];
	snprintf(probe_header, sizeof(probe_header), "Fwlab-Probe: %s", fetch->errand->nonce);
	struct curl_slist *headers = lib->slist_append(NULL, probe_header);
	if (headers)
		lib->slist_append(headers, CACHE_CONTROL);
	if (headers)
		lib->slist_append(headers, USER_AGENT);
	return headers;
}

static unsigned long ms_left(uint64_t deadline_ns)
{
	uint64_t now = wire_now_ns();
	return deadline_ns > now ? (unsigned long)((deadline_ns - now) / 1000000) + 1 : 1;
}

static void set_up(CURL *curl, struct fetch *fetch)
{
	const struct curl_library *lib = fetch->lib;
	bool v6 = fetch->errand->family == AF_INET6;
	lib->easy_setopt(curl, CURLOPT_URL, fetch->errand->probe->question);
	lib->easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	lib->easy_setopt(curl, CURLOPT_NOPROXY, "*");
	lib->easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	lib->easy_setopt(curl, CURLOPT_IPRESOLVE,
			 (long)(v6 ? CURL_IPRESOLVE_V6 : CURL_IPRESOLVE_V4));
	lib->easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)ms_left(fetch->limit->deadline_ns));
	lib->easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	lib->easy_setopt(curl, CURLOPT_OPENSOCKETDATA, fetch);
	lib->easy_setopt(curl, CURLOPT_SOCKOPTFUNCTION, already_connected);
	lib->easy_setopt(curl, CURLOPT_WRITEFUNCTION, count_body);
	lib->easy_setopt(curl, CURLOPT_WRITEDATA, fetch);
	lib->easy_setopt(curl, CURLOPT_HEADERFUNCTION, look_at_header);
	lib->easy_setopt(curl, CURLOPT_HEADERDATA, fetch);
}

static bool wanted(const struct probe *probe, long status)
{
	return probe->http_status ? status == (long)probe->http_status : status < 400;
}

static void note_answer(CURL *curl, const struct fetch *fetch)
{
	struct sighting *sighting = fetch->sighting;
	long status = 0;
	fetch->lib->easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	sighting->status = (int)status;
	snprintf(sighting->answer, sizeof(sighting->answer), "HTTP %ld, %llu bytes%s%s", status,
		 (unsigned long long)fetch->body, *fetch->host ? " from " : "", fetch->host);
	sighting->answered = wanted(fetch->errand->probe, status);
	if (sighting->answered)
		sighting->stage = STAGE_DONE;
	else
		snprintf(sighting->trouble, sizeof(sighting->trouble), "HTTP %ld", status);
}

/* libcurl has failed after our handshake: with the error of its own call, or in time. */
static void note_failure(CURL *curl, CURLcode code, const struct fetch *fetch)
{
	struct sighting *sighting = fetch->sighting;
	long errnum = 0;
	if (sighting->error || sighting->timed_out)
		return; /* our own handshake's, noted already */
	if (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_COULDNT_CONNECT)
		fetch->lib->easy_getinfo(curl, CURLINFO_OS_ERRNO, &errnum);
	sighting->call = code == CURLE_SEND_ERROR ? CALL_SEND : CALL_RECEIVE;
	sighting->error = (int)errnum;
	sighting->timed_out = code == CURLE_OPERATION_TIMEDOUT;
	snprintf(sighting->trouble, sizeof(sighting->trouble), "%s%s%s",
		 fetch->lib->easy_strerror(code), errnum ? ": " : "",
		 errnum ? strerror((int)errnum) : "");
}

static void get(struct fetch *fetch, struct curl_slist *pinned)
{
	const struct curl_library *lib = fetch->lib;
	struct curl_slist *headers = request_headers(fetch);
	CURL *curl = lib->easy_init();
	if (curl && headers) {
		set_up(curl, fetch);
		lib->easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
		lib->easy_setopt(curl, CURLOPT_RESOLVE, pinned);
		CURLcode code = lib->easy_perform(curl);
		if (code == CURLE_OK)
			note_answer(curl, fetch);
		else
			note_failure(curl, code, fetch);
	} else {
		snprintf(fetch->sighting->trouble, sizeof(fetch->sighting->trouble),
			 "libcurl could not be started");
	}
	lib->easy_cleanup(curl);
	lib->slist_free_all(headers);
}

int probe_fetch_prepare(struct sim_error *err)
{
	return curl_load(err) ? ask_prepare(err) : -1;
}

void probe_fetch(const struct errand *errand, const struct wire_limit *limit,
		 struct sighting *sighting)
{
	struct sim_error why;
	struct fetch fetch = {.errand = errand, .sighting = sighting, .limit = limit};
	struct curl_slist *pinned = NULL;

	fetch.lib = curl_load(&why);
	if (!fetch.lib) {
		snprintf(sighting->trouble, sizeof(sighting->trouble), "%.200s", why.text);
		return;
	}
	if (!is_literal(errand->probe->url_host)) {
		struct sockaddr_storage address;
		sighting->stage = STAGE_RESOLVE;
		if (ask_library(errand, errand->probe->url_host, limit, &address, sighting) < 0)
			return;
		sighting->status = -1;
		*sighting->answer = '\0';
		/* Before the next stage: a drop of the question is no end of that. */
		memset(&sighting->remote, 0, sizeof(sighting->remote));
		memset(&sighting->local, 0, sizeof(sighting->local));
		pinned = pin(&fetch, &address);
	}
	get(&fetch, pinned);
	fetch.lib->slist_free_all(pinned);
}
