#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "curl.h"
#include "doctor.h"
#include "mem.h"
#include "receipt.h"
#include "yamldoc.h"

#define TIMEOUT_MS 5000

static const char *text_of(const json_t *entry, const char *name)
{
	const char *s = json_string_value(json_object_get(entry, name));

	return s ? s : "";
}

static void say(const struct findings *f, enum judgement j, const char *name, const char *what,
		const char *remedy)
{
	autofree char *line = xasprintf("receipts %s%s%s", name, *what ? ": " : "", what);

	f->add(f->ctx, j, line, remedy);
}

/* ---- does anybody listen? ---- */

static void on_done(void *ctx, const struct curl_answer *a)
{
	*(int *)ctx = a->whole ? a->status : -1;
}

/* The status of a call that nobody signed; -1 = no answer. */
static int call(const char *url)
{
	struct curl_options o = { .plain_ok = true,
				  .private_ok = true,
				  .connections = 1,
				  .connect_timeout_ms = TIMEOUT_MS };
	int status = 0;
	struct curl_request r = { .method = "GET",
				  .url = url,
				  .timeout_ms = TIMEOUT_MS,
				  .done = on_done,
				  .user_data = &status };

	curl_ask(&o, &r);
	return status;
}

/* Whoever signs nothing is refused there (401, 422): any other answer is somebody else's. */
static enum judgement judge_call(int status, const char **remedy)
{
	static const struct {
		int status;
		enum judgement judgement;
		const char *remedy;
	} answers[] = {
		{ 401, FINDING_OK, "" },
		{ 422, FINDING_OK, "" },
		{ 429, FINDING_OK, "" },
		{ 503, FINDING_WARN, "beckon-status cannot answer now" },
		{ 404, FINDING_BAD,
		  "nobody takes receipts there: is the path /receipts/NAME, and has beckon-status "
		  "been started since the entry was written?" },
		{ -1, FINDING_WARN,
		  "no answer from here: is beckon-status running, and does the way there lead to "
		  "http.public?" },
	};

	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		if (answers[i].status == status) {
			*remedy = answers[i].remedy;
			return answers[i].judgement;
		}
	*remedy = "an answer that is none of beckon-status: let the way there lead to http.public";
	return FINDING_WARN;
}

static void check_way(const char *name, const char *what, const char *url, const struct findings *f)
{
	const char *remedy;
	enum judgement j = judge_call(call(url), &remedy);

	say(f, j, name, what, remedy);
}

/* ---- the entries of `receipts` ---- */

static void check_source(const struct settings *s, const json_t *entry, const struct findings *f)
{
	const char *tenant = text_of(entry, "tenant");
	autofree char *name =
		xasprintf("%s%s%s", text_of(entry, "name"), *tenant ? "/" : "", tenant);
	autofree char *what = xasprintf("receipts %s: secret", name);
	struct receipt_source *source = NULL;
	struct err e = { "" };

	if (receipt_source_open(&source, entry, s->providers_dir, &e))
		say(f, FINDING_BAD, name, "", e.text);
	else
		say(f, FINDING_OK, name, "", "");
	receipt_source_free(source);
	if (*text_of(entry, "secret_file"))
		doctor_mode(what, text_of(entry, "secret_file"), f);
}

/* Another process may have taken the port 0 or the address of another machine: then nobody can be
   asked from here. */
static void check_door(const struct settings *s, const json_t *entry, const struct findings *f)
{
	const char *name = text_of(entry, "name"), *tenant = text_of(entry, "tenant");
	const char *port = strrchr(s->public_listen, ':');
	autofree char *url = xasprintf("http://%s/receipts/%s%s%s", s->public_listen, name,
				       *tenant ? "/" : "", tenant);

	if (port && strcmp(port, ":0") != 0)
		check_way(name, "door", url, f);
}

static void check_sources(const struct settings *s, const struct findings *f)
{
	const json_t *entry;
	size_t i;

	if (!json_array_size(s->receipts))
		return;
	if (!s->public_listen)
		f->add(f->ctx, FINDING_BAD, "receipts: http.public",
		       "it is not set, so nobody can tell beckon-status anything");
	json_array_foreach (s->receipts, i, entry) {
		check_source(s, entry, f);
		if (s->public_listen)
			check_door(s, entry, f);
	}
}

/* ---- what providers promise ---- */

static bool has_source(const struct settings *s, const char *name)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (s->receipts, i, entry)
		if (!strcmp(text_of(entry, "name"), name))
			return true;
	return false;
}

/* Does its description say that it tells what becomes of a message? */
static bool promises(const struct settings *s, const json_t *provider)
{
	const char *like = text_of(provider, "like");
	autofree char *path =
		xasprintf("%s/%s.yaml", s->providers_dir, *like ? like : text_of(provider, "name"));
	struct yamldoc y = { 0 };
	bool promised;

	if (yamldoc_read(&y, path, NULL) < 0)
		return false;
	promised = json_is_true(json_object_get(y.value, "receipts"));
	yamldoc_clear(&y);
	return promised;
}

static void check_provider(const struct settings *s, const json_t *provider,
			   const struct findings *f)
{
	const char *name = text_of(provider, "name"), *callback = text_of(provider, "callback");
	bool known = has_source(s, name);

	if (!promises(s, provider) || (!known && !*callback))
		return;
	if (!known)
		say(f, FINDING_BAD, name, "promised",
		    "the provider is told where to send receipts, and `receipts` has no entry of "
		    "its name: after 72 hours every SMS would be undelivered (receipt_missing)");
	else if (!*callback)
		say(f, FINDING_WARN, name, "promised",
		    "the provider is told nowhere to send them: set its callback");
	else
		check_way(name, "callback", callback, f);
}

void doctor_receipts(const struct settings *s, const struct findings *f)
{
	const json_t *provider;
	size_t i;

	if (crypto_init(NULL) != OK)
		return; /* doctor_keys says why */
	check_sources(s, f);
	json_array_foreach (s->providers, i, provider)
		check_provider(s, provider, f);
}
