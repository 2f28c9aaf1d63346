#include "cmd_receipt.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "args.h"
#include "cli.h"
#include "crypto.h"
#include "file.h"
#include "mem.h"
#include "now.h"
#include "receipt.h"
#include "receipt_keys.h"
#include "settings.h"

struct receipt_options {
	const char *provider, *tenant, *query, *now;
	const char *format, *secret_file, *key_file, *username, *url, *topic, *proxy, *ca_file,
		*like;
	struct arg_list headers;
};

#define O struct receipt_options
static const struct arg list[] = {
	{ "provider", ARG_TEXT, offsetof(O, provider), "NAME",
	  "the entry of `receipts` in --config, or a format; dsn: the file is a mail", 0, 0 },
	{ "tenant", ARG_TEXT, offsetof(O, tenant), "NAME", "the entry of this tenant", 0, 0 },
	{ "header", ARG_LIST, offsetof(O, headers), "'NAME: VALUE'", "a header of the call", 0, 0 },
	{ "query", ARG_TEXT, offsetof(O, query), "TEXT",
	  "what stood behind the URL's question mark", 0, 0 },
	{ "now", ARG_TEXT, offsetof(O, now), "TIME",
	  "judge it as of this RFC 3339 time, since old calls are refused", 0, 0 },
	{ "format", ARG_TEXT, offsetof(O, format), "NAME",
	  "in place of the entry's; so do the next eight", 0, 0 },
	{ "secret-file", ARG_TEXT, offsetof(O, secret_file), "FILE", "what the provider signs with",
	  0, 0 },
	{ "key-file", ARG_TEXT, offsetof(O, key_file), "FILE", "its public key or certificate", 0,
	  0 },
	{ "username", ARG_TEXT, offsetof(O, username), "NAME", "with which it signs in", 0, 0 },
	{ "url", ARG_TEXT, offsetof(O, url), "URL", "that it calls, where the signature covers it",
	  0, 0 },
	{ "topic", ARG_TEXT, offsetof(O, topic), "ARN", "of Amazon SNS", 0, 0 },
	{ "proxy", ARG_TEXT, offsetof(O, proxy), "URL",
	  "by which the certificate of SNS is fetched, where no key is given", 0, 0 },
	{ "ca-file", ARG_TEXT, offsetof(O, ca_file), "FILE", "trusted for that", 0, 0 },
	{ "like", ARG_TEXT, offsetof(O, like), "NAME",
	  "whose description in providers_dir says what statuses and codes mean", 0, 0 },
};

/* Options that stand in the place of an entry's fields. */
static const struct {
	const char *field;
	size_t offset;
} fields[] = {
	{ "format", offsetof(O, format) },     { "secret_file", offsetof(O, secret_file) },
	{ "key_file", offsetof(O, key_file) }, { "username", offsetof(O, username) },
	{ "url", offsetof(O, url) },	       { "topic", offsetof(O, topic) },
	{ "proxy", offsetof(O, proxy) },       { "ca_file", offsetof(O, ca_file) },
	{ "like", offsetof(O, like) },
};
#undef O

static const struct args args = {
	"check-receipt",
	"--provider NAME [OPTION...] FILE...|-",
	"What does this call of a provider tell? Each FILE is the body of a call, as it came. "
	"Prints\n"
	"ok<TAB>status<TAB>code a receipt, with a word more where nothing further may be sent "
	"there,\n"
	"or bad<TAB>code. Ends with 0 if all are good, 1 if some are bad.",
	list,
	ARRAY_LEN(list),
	.operands = true,
	.settings = true,
};

/* ---- the call ---- */

/* "Name: value" among the options. */
static const char *header(void *ctx, const char *name)
{
	const struct arg_list *headers = ctx;
	size_t len = strlen(name);

	for (size_t i = 0; i < headers->count; i++) {
		const char *line = headers->items[i];

		if (!strncasecmp(line, name, len) && line[len] == ':')
			return line + len + 1 + strspn(line + len + 1, " \t");
	}
	return NULL;
}

static int read_call(const struct receipt_options *o, const struct receipt_source *source,
		     const struct buf *body, struct receipt_list *out, const char **code)
{
	struct receipt_call call = { .query = o->query ? o->query : "",
				     .header = header,
				     .ctx = (void *)&o->headers,
				     .body = body->data ? body->data : "",
				     .body_len = body->len,
				     .now_ms = now_ms(),
				     .by_proxy = true };
	struct err e = { "" };
	int r;

	if (o->now && !now_parse(o->now, &call.now_ms))
		return err_set(&e, ERR_FATAL, "--now takes an RFC 3339 time");
	if (source) {
		call.keys = receipt_keys_open();
		r = receipt_read(source, &call, out, code, &e);
		receipt_keys_close(call.keys);
	} else {
		*code = "schema_invalid";
		r = receipt_read_mail(call.body, call.body_len, out, &e);
	}
	if (r < 0)
		fprintf(stderr, "beckon check-receipt: %s\n", e.text);
	return r;
}

static enum cli_exit check(const struct receipt_options *o, const struct receipt_source *source,
			   const char *path)
{
	autobuf body = BUF_INIT(RECEIPT_BODY_MAX_BYTES);
	struct receipt_list told = { 0 };
	const char *code = "schema_invalid";
	struct err e = { "" };
	int r = strcmp(path, "-") ? file_read(path, &body, &e) : file_read_input(&body, &e);

	if (r == ERR_FATAL) {
		fprintf(stderr, "beckon check-receipt: %s\n", e.text);
		return CLI_USAGE;
	}
	if (r == OK)
		r = read_call(o, source, &body, &told, &code);
	if (r < 0) {
		printf("bad\t%s\n", code);
		return CLI_BAD;
	}
	for (size_t i = 0; i < told.count; i++) {
		const struct receipt *t = &told.list[i];

		printf("ok\t%s\t%s%s%s\n", receipt_statuses[t->status], t->code ? t->code : "-",
		       t->suppress ? "\t" : "", suppress_whys[t->suppress]);
	}
	receipt_list_clear(&told);
	return CLI_GOOD;
}

/* ---- who may tell ---- */

/* The configuration's entry, with what the options say above it. */
static json_t *find_entry(const struct receipt_options *o, const struct settings *s)
{
	json_t *entry = json_pack("{s:s}", "name", o->provider);
	const json_t *one;
	size_t i;

	json_array_foreach (s->receipts, i, one) {
		const char *name = json_string_value(json_object_get(one, "name"));
		const char *tenant = json_string_value(json_object_get(one, "tenant"));
		bool same =
			o->tenant && tenant ? !strcmp(o->tenant, tenant) : !o->tenant && !tenant;

		if (name && !strcmp(name, o->provider) && same)
			json_object_update(entry, (json_t *)one);
	}
	for (i = 0; i < ARRAY_LEN(fields); i++) {
		const char *value = *(const char *const *)((const char *)o + fields[i].offset);

		if (value)
			json_object_set_new(entry, fields[i].field, json_string(value));
	}
	return entry;
}

static int open_source(const struct receipt_options *o, const struct settings *s,
		       struct receipt_source **out, struct err *e)
{
	json_t *entry;
	int r;

	*out = NULL;
	if (!strcmp(o->provider, "dsn"))
		return OK;
	entry = find_entry(o, s);
	r = receipt_source_open(out, entry, s->providers_dir, e);
	json_decref(entry);
	return r;
}

int cmd_check_receipt(int argc, char **argv)
{
	struct receipt_options o = { 0 };
	struct arg_words words = { 0 };
	struct receipt_source *source;
	struct settings s;
	struct err e;
	int status, r;

	if (args_end(&args, argc, argv, &o, &words, &status))
		return status;
	if (!o.provider || !words.operands.count) {
		fprintf(stderr, "beckon check-receipt: say --provider NAME and a FILE\n");
		return CLI_USAGE;
	}
	if (crypto_init(&e) || settings_open(&s, &words.settings, &e))
		return cli_fail("check-receipt", ERR_FATAL, &e);
	r = open_source(&o, &s, &source, &e);
	if (r == OK) {
		status = CLI_GOOD;
		for (size_t i = 0; i < words.operands.count; i++) {
			int one = (int)check(&o, source, words.operands.items[i]);

			status = one > status ? one : status;
		}
		receipt_source_free(source);
	}
	settings_close(&s);
	return r ? cli_fail("check-receipt", r, &e) : status;
}
