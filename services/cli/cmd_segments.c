#include "cmd_segments.h"

#include <stdbool.h>
#include <stdio.h>

#include "cases.h"
#include "mem.h"
#include "sms_text.h"

#define TEXT_MAX_BYTES ((size_t)1 << 20)

struct segments_options {
	bool json, plain;
};

#define AT(member) offsetof(struct segments_options, member)
static const struct arg list[] = {
	{ "plain", ARG_FLAG, AT(plain), NULL,
	  "first write what only looks like a GSM character as one; prints the text too", 0, 0 },
	{ "json", ARG_FLAG, AT(json), NULL, "one JSON object a text", 0, 0 },
};
#undef AT

static const struct args args = {
	.command = "segments",
	.synopsis = "TEXT... | - | -0 [OPTION...]",
	.about = "How long is this text as an SMS? Prints "
		 "segments<TAB>alphabet<TAB>units<TAB>units left,\n"
		 "and after another <TAB> the character that makes it UCS-2, if it is.\n"
		 "One text an argument; - reads one a line from standard input, -0 reads them "
		 "separated by NUL.\n"
		 "Ends with 1 where something is no text.",
	.list = list,
	.count = ARRAY_LEN(list),
};

static void print_line(const struct sms_count *n)
{
	char name[SMS_NAME_SIZE];

	printf("%zu\t%s\t%zu\t%zu", n->segments, sms_encoding_word(n->encoding), n->units, n->room);
	if (n->culprit)
		printf("\t%s at %zu", sms_text_name(n->culprit, name), n->culprit_at);
	putchar('\n');
}

/* plain NULL: the text is as it was given. */
static void print_json(const struct sms_count *n, const struct buf *plain)
{
	json_t *o = json_pack("{sI ss sI sI}", "segments", (json_int_t)n->segments, "encoding",
			      sms_encoding_word(n->encoding), "units", (json_int_t)n->units, "room",
			      (json_int_t)n->room);
	char name[SMS_NAME_SIZE];

	if (n->culprit)
		json_object_set_new(o, "culprit",
				    json_pack("{ss sI}", "character",
					      sms_text_name(n->culprit, name), "at",
					      (json_int_t)n->culprit_at));
	if (plain)
		json_object_set_new(o, "text", json_stringn(plain->data, plain->len));
	cli_json(o);
}

static enum cli_exit bad(const struct segments_options *o, const char *why)
{
	if (o->json)
		cli_json(json_pack("{ss}", "error", why));
	else
		printf("bad\t%s\n", why);
	return CLI_BAD;
}

static enum cli_exit check(void *ctx, const char *text, size_t len)
{
	const struct segments_options *o = ctx;
	autobuf plain = BUF_INIT(4 * TEXT_MAX_BYTES);
	struct sms_count n;
	struct err e;

	if (len > TEXT_MAX_BYTES)
		return bad(o, "the text is over 1 MiB");
	buf_str(&plain, "");
	if (o->plain)
		sms_text_plain(text, len, &plain);
	if (sms_text_count(o->plain ? plain.data : text, o->plain ? plain.len : len, &n, &e) < 0)
		return bad(o, e.text);
	if (o->json) {
		print_json(&n, o->plain ? &plain : NULL);
		return CLI_GOOD;
	}
	print_line(&n);
	if (o->plain)
		printf("%.*s\n", (int)plain.len, plain.data);
	return CLI_GOOD;
}

int cmd_segments(int argc, char **argv)
{
	struct segments_options o = { 0 };
	const struct cases cases = { .max_bytes = TEXT_MAX_BYTES, .ctx = &o, .check = check };

	return cases_run(&args, &cases, argc, argv);
}
