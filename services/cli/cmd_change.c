#include "cmd_change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "advice.h"
#include "args.h"
#include "asking.h"
#include "cli.h"
#include "crypto.h"
#include "mem.h"
#include "settings.h"
#include "term.h"

#define WAIT_DEFAULT_S 30

struct change_options {
	const char *tenant, *reason, *actor, *lang;
	const char *to, *note, *subject; /* resend, release */
	const char *username, *sealed_password;
	int64_t ttl_s, timeout_s;
	bool as_sent, as_resend, mint, confirm, no_wait, json;
};

#define AT(member) offsetof(struct change_options, member)
#define COMMON_ARGS                                                                                    \
	{ "tenant", ARG_TEXT, AT(tenant), "NAME", "the organisation's id; 'default' unless told",      \
	  0,	    0 },                                                                               \
		{ "reason", ARG_TEXT, AT(reason), "TEXT", "why, kept in the history", 0, 0 },          \
		{ "actor", ARG_TEXT, AT(actor), "NAME", "who asks: an id, no name or address", 0, 0 }, \
		{ "no-wait", ARG_FLAG, AT(no_wait), NULL, "only ask; do not wait for the answer",      \
		  0,	     0 },                                                                      \
		{ "timeout",                                                                           \
		  ARG_NUMBER,                                                                          \
		  AT(timeout_s),                                                                       \
		  "SECONDS",                                                                           \
		  "wait so long for the answer, 30 unless told",                                       \
		  1,                                                                                   \
		  3600 },                                                                              \
		{ "json", ARG_FLAG, AT(json), NULL, "the outcome as one JSON object", 0, 0 },          \
		LANG_ARG(AT(lang))
#define WORDING_ARGS                                                                               \
	{ "note", ARG_TEXT, AT(note), "TEXT", "personal words in the message", 0, 0 },             \
	{                                                                                          \
		"subject", ARG_TEXT, AT(subject), "TEXT", "instead of the template's", 0, 0        \
	}

static const struct arg plain_args[] = { COMMON_ARGS };
static const struct arg release_args[] = { WORDING_ARGS, COMMON_ARGS };
static const struct arg resend_args[] = {
	{ "to", ARG_TEXT, AT(to), "ADDRESS", "to a corrected address; links to the old one die", 0,
	  0 },
	{ "ttl", ARG_NUMBER, AT(ttl_s), "SECONDS", "how long the new link lives", 300, 31536000 },
	WORDING_ARGS,
	{ "confirm", ARG_FLAG, AT(confirm), NULL,
	  "a password e-mail: yes, it cannot be recalled; with the next three", 0, 0 },
	{ "username", ARG_TEXT, AT(username), "NAME", "", 0, 0 },
	{ "mint", ARG_FLAG, AT(mint), NULL, "draw a new password", 0, 0 },
	{ "sealed-password", ARG_TEXT, AT(sealed_password), "BASE64", "as beckon seal printed it",
	  0, 0 },
	COMMON_ARGS,
};
static const struct arg resolve_args[] = {
	{ "sent", ARG_FLAG, AT(as_sent), NULL, "it arrived: it counts as sent", 0, 0 },
	{ "resend", ARG_FLAG, AT(as_resend), NULL, "it did not: send it again", 0, 0 },
	COMMON_ARGS,
};
#undef AT

#define LIST(rows) .list = rows, .count = ARRAY_LEN(rows), .operands = true, .settings = true
#define EXITS                                                                                      \
	"\nEnds with 0 when it is done (or asked, with --no-wait), 1 when it is refused, 69 when " \
	"there is no\nanswer."

static const struct change {
	struct args args;
	const char *type;
} changes[] = {
	{ { "resend", "INVITE [OPTION...]",
	    "Invites again: a new message, a new link with its full time. Every earlier link dies "
	    "at once.\n"
	    "Not for people who have accepted." EXITS,
	    LIST(resend_args) },
	  "invite.resend-requested" },
	{ { "release", "INVITE [OPTION...]", "Sends what was held." EXITS, LIST(release_args) },
	  "invite.release-requested" },
	{ { "cancel", "INVITE [OPTION...]",
	    "Cancels: the link is dead at once, and nothing more is sent." EXITS,
	    LIST(plain_args) },
	  "invite.cancel-requested" },
	{ { "send-now", "INVITE [OPTION...]",
	    "Sends what waits (for its slot, quiet hours, a retry) without waiting longer." EXITS,
	    LIST(plain_args) },
	  "invite.send-now-requested" },
	{ { "resolve", "INVITE --sent|--resend [OPTION...]",
	    "Settles a delivery of which nobody knows whether it arrived (Not confirmed)." EXITS,
	    LIST(resolve_args) },
	  "invite.resolve-requested" },
	{ { "accept", "INVITE [OPTION...]", "Tells the fleet that the person has accepted." EXITS,
	    LIST(plain_args) },
	  "invite.accepted" },
	{ { "decline", "INVITE [OPTION...]", "Tells the fleet that the person has declined." EXITS,
	    LIST(plain_args) },
	  "invite.declined" },
};

/* A member where there is a text. */
static void set_text(json_t *o, const char *name, const char *text)
{
	if (text)
		json_object_set_new(o, name, json_string(text));
}

static json_t *credentials_of(const struct change_options *o)
{
	json_t *c = json_pack("{ss}", "username", o->username ? o->username : "");

	set_text(c, "sealed_password", o->sealed_password);
	if (o->mint)
		json_object_set_new(c, "mint", json_true());
	return c;
}

static json_t *data_of(const struct change_options *o, const char *invite)
{
	json_t *d = json_pack("{ssss}", "tenant", o->tenant, "invite", invite);
	json_t *template = json_object();

	set_text(d, "actor", o->actor);
	set_text(d, "reason", o->reason);
	if (o->to)
		json_object_set_new(d, "recipient", json_pack("{ss}", "email", o->to));
	if (o->ttl_s)
		json_object_set_new(d, "ttl_s", json_integer(o->ttl_s));
	if (o->as_sent || o->as_resend)
		set_text(d, "as", o->as_sent ? "sent" : "resend");
	if (o->confirm)
		json_object_set_new(d, "confirm", json_true());
	if (o->username || o->mint || o->sealed_password)
		json_object_set_new(d, "credentials", credentials_of(o));
	set_text(template, "note", o->note);
	set_text(template, "subject", o->subject);
	if (json_object_size(template))
		json_object_set(d, "template", template);
	json_decref(template);
	return d;
}

/* "Request refused: already_accepted. The person has accepted already. ..." */
static void print_answer(const struct told *t, enum lang lang)
{
	char words[TOLD_WORDS_SIZE];
	struct advice advice;

	term_cell(told_tone(t->word), told_words(t, lang, words), 0);
	printf("%s/%s", t->tenant, t->invite);
	if (t->masked)
		printf("  %s", t->masked);
	putchar('\n');
	if (!t->code || t->word == WORD_DEFERRED)
		return;
	advice_open(&advice, lang);
	printf("%s: %s %s\n", t->code, advice_text(&advice, t->code),
	       advice_remedy(&advice, t->code));
	advice_close(&advice);
}

static int tell(const struct change_options *o, enum lang lang, struct told *t)
{
	bool bad = t->word == WORD_REFUSED || t->word == WORD_ERROR;

	if (o->json) {
		json_object_set_new(t->event.data, "id", json_string(t->event.id));
		cli_json(json_incref(t->event.data));
	} else {
		print_answer(t, lang);
	}
	told_clear(t);
	return bad ? CLI_BAD : CLI_GOOD;
}

static int tell_asked(const struct change_options *o, const struct asking *a)
{
	static const char *const asked = "asked";

	if (o->json)
		cli_json(json_pack("{ssssss}", asked, a->id, "tenant", a->tenant, "invite",
				   a->invite));
	else
		printf("%s\t%s/%s\t%s\n", asked, a->tenant, a->invite, a->id);
	return CLI_GOOD;
}

static int check(const struct change *c, const struct change_options *o,
		 const struct arg_list *operands, struct err *e)
{
	if (operands->count != 1)
		return err_set(e, ERR_INVALID, "name one invite: beckon %s INVITE --tenant NAME",
			       c->args.command);
	if (!strcmp(c->args.command, "resolve") && o->as_sent == o->as_resend)
		return err_set(e, ERR_INVALID,
			       "say whether it arrived (--sent) or is to be sent again (--resend)");
	return OK;
}

static int ask(const struct change *c, const struct change_options *o, struct asking *a,
	       const struct arg_list *words)
{
	struct settings s;
	struct told answer;
	enum lang lang;
	struct err e;
	int r;

	if (lang_read(o->lang, &lang, &e) || asking_check(a, &e))
		return cli_usage(c->args.command, &e);
	if (crypto_init(&e) || settings_open(&s, words, &e))
		return cli_fail(c->args.command, ERR_FATAL, &e);
	r = asking_ask(a, &s, &answer, &e);
	settings_close(&s);
	if (r)
		return cli_fail(c->args.command, r, &e);
	return a->wait_ms ? tell(o, lang, &answer) : tell_asked(o, a);
}

/* argv[0] is the command's name. */
int cmd_change(int argc, char **argv)
{
	struct change_options o = { .tenant = "default", .timeout_s = WAIT_DEFAULT_S };
	struct arg_words words = { 0 };
	const struct change *c = changes;
	struct err e;
	int status;

	while (strcmp(c->args.command, argv[0]))
		c++;
	if (args_end(&c->args, argc, argv, &o, &words, &status))
		return status;
	if (check(c, &o, &words.operands, &e))
		return cli_usage(argv[0], &e);
	struct asking a = { .type = c->type,
			    .tenant = o.tenant,
			    .invite = words.operands.items[0],
			    .wait_ms = o.no_wait ? 0 : o.timeout_s * 1000 };
	json_t *data = data_of(&o, a.invite);

	a.data = data;
	status = ask(c, &o, &a, &words.settings);
	json_decref(data);
	return status;
}
