#include "cmd_bounce.h"

#include <stdio.h>
#include <string.h>

#include "args.h"
#include "cli.h"
#include "crypto.h"
#include "file.h"
#include "mem.h"
#include "outbox.h"
#include "receipt_pass.h"
#include "settings.h"

#define TEMPORARY 75 /* EX_TEMPFAIL: a mail server keeps the message and tries again */

static const struct args args = {
	"bounce",
	"[OPTION...] < MESSAGE",
	"Takes a delivery status (RFC 3464) or a complaint (RFC 5965) from standard input, as a "
	"mail server\n"
	"pipes it: in Postfix's /etc/aliases  bounces: \"|beckon bounce --config FILE\".\n"
	"What became of the mail it is about is asked of the dispatcher; who complains is "
	"suppressed. Mails of\n"
	"others and unreadable ones are passed over. Ends with 0, or with 75 where Kafka or Redis "
	"is away.",
	NULL,
	0,
	.settings = true,
};

/* ---- appending ---- */

static int put_suppression(struct outbox *o, const struct settings *s, const struct receipt_told *t,
			   struct err *e)
{
	struct kafka_message m = { .topic = s->topics[TOPIC_SETTINGS],
				   .partition = -1,
				   .key = t->suppress_key,
				   .key_len = strlen(t->suppress_key),
				   .value = t->suppress,
				   .value_len = strlen(t->suppress) };

	return outbox_put(o, &m, e);
}

static int append(void *ctx, const struct receipt_told *list, size_t n, struct err *e)
{
	const struct settings *s = ctx;
	const char *topic = s->topics[TOPIC_REQUESTED];
	struct outbox out;
	int r = outbox_open(&out, s, topic, e);

	for (size_t i = 0; i < n && r == OK; i++) {
		const struct receipt_told *t = &list[i];
		struct outbox_event event = { .id = t->id,
					      .type = "delivery.receipt-received",
					      .tenant = t->about.tenant,
					      .invite = t->about.invite,
					      .data = t->data };

		r = outbox_put_event(&out, topic, &event, e);
		if (r == OK && t->suppress)
			r = put_suppression(&out, s, t, e);
	}
	if (r == OK)
		r = outbox_flush(&out, e);
	outbox_close(&out);
	return r;
}

/* ---- the mail ---- */

static void tell(const struct receipt_list *list, const struct receipt_counts *c)
{
	const struct receipt *one = &list->list[0];

	fprintf(stderr, "%s%s%s: %s\n", receipt_statuses[one->status], one->code ? ", " : "",
		one->code ? one->code : "",
		c->told	     ? "told"
		: c->kept    ? "not known yet, kept for ten minutes"
		: c->passing ? "not the end, passed over"
			     : "about no mail of this fleet");
}

static int pass(const struct settings *s, const struct receipt_list *list, struct err *e)
{
	struct receipt_sink sink = { append, (void *)s, OUTBOX_SOURCE };
	struct receipt_from from = { RECEIPT_BY_MESSAGE_ID, NULL };
	struct receipt_counts counts;
	struct guard *g;
	int r = settings_guard(s, "beckon-bounce", &g, e);

	if (r < 0)
		return r;
	r = receipt_pass(g, &sink, &from, list, &counts, e);
	guard_free(g);
	if (r == OK)
		tell(list, &counts);
	return r;
}

int cmd_bounce(int argc, char **argv)
{
	autobuf message = BUF_INIT(RECEIPT_BODY_MAX_BYTES);
	struct receipt_list list = { 0 };
	struct arg_words words = { 0 };
	struct settings s;
	int status, r;
	struct err e;

	if (args_end(&args, argc, argv, NULL, &words, &status))
		return status;
	if (crypto_init(&e) || settings_open(&s, &words.settings, &e))
		return cli_fail("bounce", ERR_FATAL, &e);
	r = file_read_input(&message, &e);
	if (r == OK)
		r = receipt_read_mail(message.data ? message.data : "", message.len, &list, &e);
	if (r == ERR_INVALID) /* nobody is helped by a bounce of a bounce */
		fprintf(stderr, "passed over: %s\n", e.text);
	else if (r == OK)
		r = pass(&s, &list, &e);
	receipt_list_clear(&list);
	settings_close(&s);
	if (r == OK || r == ERR_INVALID)
		return CLI_GOOD;
	cli_fail("bounce", r, &e);
	return r == ERR_AGAIN ? TEMPORARY : CLI_CONFIG;
}
