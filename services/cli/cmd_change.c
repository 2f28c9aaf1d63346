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
	const char *tenant, *batch, *reason, *actor, *lang;
	const char *to, *note, *subject; /* resend, release */
	const char *username, *sealed_password;
	int64_t ttl_s, timeout_s;
	bool as_sent, as_resend, mint, confirm, no_wait, json;
};

#define AT(member) offsetof(struct change_options, member)
#define COMMON_ARGS                                                                                    \
	{ "tenant", ARG_TEXT, AT(tenant), "NAME", "the organisation's id; 'default' unless told",      \
	  0,	    0 },                                                                               \
		{ "batch", ARG_TEXT, AT(batch), "NAME", "all invites of this batch", 0, 0 },           \
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
	{ "to", ARG_TEXT, AT(to), "WHOM",
	  "to a corrected address or phone number; links to the old one die", 0, 0 },
	{ "ttl", ARG_NUMBER, AT(ttl_s), "SECONDS", "how long the new link lives", 300, 31536000 },
	WORDING_ARGS,
	{ "confirm", ARG_FLAG, AT(confirm), NULL,
	  "a password e-mail: yes, it cannot be recalled; with the next three", 0, 0 },
	{ "username", ARG_TEXT, AT(username), "NAME", "what they sign in with", 0, 0 },
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
	"\nINVITE is i-1, or acme/i-1 as it is shown; it may be repeated, - reads one a line. "    \
	"Ends with 0 when all is done (or asked, "                                                 \
	"with --no-wait),\n1 when some of it is refused, 69 when there is no answer."

static const struct change {
	struct args args;
	const char *type;
} changes[] = {
	{ { "resend", "INVITE...|- [OPTION...]",
	    "Invites again: a new message, a new link with its full time. Every earlier link dies "
	    "at once.\n"
	    "Not for people who have accepted." EXITS,
	    LIST(resend_args) },
	  "invite.resend-requested" },
	{ { "release", "INVITE...|- [OPTION...]", "Sends what was held." EXITS,
	    LIST(release_args) },
	  "invite.release-requested" },
	{ { "cancel", "INVITE...|- [OPTION...]",
	    "Cancels: the link is dead at once, and nothing more is sent." EXITS,
	    LIST(plain_args) },
	  "invite.cancel-requested" },
	{ { "send-now", "INVITE...|- [OPTION...]",
	    "Sends what waits (for its slot, quiet hours, a retry) without waiting longer." EXITS,
	    LIST(plain_args) },
	  "invite.send-now-requested" },
	{ { "resolve", "INVITE...|- --sent|--resend [OPTION...]",
	    "Settles a delivery of which nobody knows whether it arrived (Not confirmed)." EXITS,
	    LIST(resolve_args) },
	  "invite.resolve-requested" },
	{ { "accept", "INVITE...|- [OPTION...]",
	    "Tells the fleet that the person has accepted." EXITS, LIST(plain_args) },
	  "invite.accepted" },
	{ { "decline", "INVITE...|- [OPTION...]",
	    "Tells the fleet that the person has declined." EXITS, LIST(plain_args) },
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

static bool is_number(const char *to)
{
	return !strchr(to, '@') && strpbrk(to, "0123456789");
}

static json_t *data_of(const struct change_options *o)
{
	json_t *d = json_pack("{ss}", "tenant", o->tenant);
	json_t *template = json_object();

	set_text(d, "actor", o->actor);
	set_text(d, "reason", o->reason);
	if (o->to)
		json_object_set_new(d, "recipient",
				    json_pack("{ss}", is_number(o->to) ? "phone" : "email", o->to));
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

/* Everything one run of the command holds. */
struct changing {
	struct change_options o;
	const struct change *change;
	struct settings settings;
	struct invites invites;
	struct advice advice;
	enum lang lang;
	size_t refused;
};

/* ---- answers ---- */

/* A cancel may overtake its request, so it is taken for an invite of which nothing is known, too:
   where it was a slip of the pen somebody should see that. */
static void print_unknown(enum lang lang, bool cancelled)
{
	static const char *const text[][LANG_COUNT] = {
		{ "Nothing is known of it. Is it another --tenant's?",
		  "О нём ничего не известно. Может быть, это другой --tenant?" },
		{ "Nothing is known of it yet: a request that comes later will be refused. Is it "
		  "another --tenant's?",
		  "О нём пока ничего не известно: более поздний запрос будет отклонён. Может быть, "
		  "это другой --tenant?" },
	};

	printf("%s\n", text[cancelled][lang]);
}

/* "schema_invalid at /credentials: …": why in plain words, and where or what exactly. */
static void print_why(const struct changing *v, const struct told *t)
{
	const char *reason = json_string_value(json_object_get(t->event.data, "reason"));
	bool where = reason && reason[0] == '/';

	printf("%s%s%s: %s %s", t->code, where ? " at " : "", where ? reason : "",
	       advice_text(&v->advice, t->code), advice_remedy(&v->advice, t->code));
	if (reason && !where)
		printf(" (%s)", reason);
	putchar('\n');
}

/* It was no invite before this was asked of it. */
static bool is_unknown(const struct told *t)
{
	return !t->masked && !json_object_get(t->event.data, "prev") &&
	       (t->word == WORD_CANCELLED || (t->code && !strcmp(t->code, "illegal_transition")));
}

/* "Request refused  acme/i-1", and below it why in plain words. */
static void print_answer(const struct changing *v, const struct told *t)
{
	char words[TOLD_WORDS_SIZE];

	term_cell(told_tone(t->word), told_words(t, v->lang, words), 0);
	printf("%s/%s", t->tenant, t->invite);
	if (t->masked)
		printf("  %s", t->masked);
	putchar('\n');
	if (is_unknown(t) && t->word == WORD_REFUSED)
		print_unknown(v->lang, false);
	else if (t->code && t->word != WORD_DEFERRED)
		print_why(v, t);
	if (t->word == WORD_CANCELLED && is_unknown(t))
		print_unknown(v->lang, true);
	fflush(stdout);
}

static void answered(void *ctx, size_t i, const char *id, struct told *t)
{
	struct changing *v = ctx;

	if (!t && v->o.json)
		cli_json(json_pack("{ssssss}", "asked", id, "tenant", v->o.tenant, "invite",
				   v->invites.list[i]));
	else if (!t)
		printf("asked\t%s/%s\t%s\n", v->o.tenant, v->invites.list[i], id);
	if (!t)
		return;
	v->refused += t->word == WORD_REFUSED || t->word == WORD_ERROR;
	if (v->o.json) {
		json_object_set_new(t->event.data, "id", json_string(t->event.id));
		cli_json(json_incref(t->event.data));
	} else {
		print_answer(v, t);
	}
}

/* ---- the command ---- */

/* Invites that are named; those of a batch are looked up later. */
static int find_named(struct changing *v, const struct arg_list *operands, struct err *e)
{
	int r = OK;

	for (size_t i = 0; i < operands->count && r == OK; i++)
		r = strcmp(operands->items[i], "-")
			    ? invites_add(&v->invites, operands->items[i], e)
			    : invites_read(&v->invites, stdin, e);
	if (r == OK && !v->invites.count && !v->o.batch)
		return err_set(e, ERR_INVALID,
			       "name the invite: beckon %s INVITE --tenant NAME, or --batch",
			       v->change->args.command);
	return r;
}

static int check(struct changing *v, const struct arg_list *operands, struct err *e)
{
	bool resolves = !strcmp(v->change->args.command, "resolve");

	if (lang_read(v->o.lang, &v->lang, e) || find_named(v, operands, e))
		return ERR_INVALID;
	if (invites_tenant(&v->invites, v->o.tenant, &v->o.tenant, e))
		return ERR_INVALID;
	if (resolves && v->o.as_sent == v->o.as_resend)
		return err_set(e, ERR_INVALID,
			       "say whether it arrived (--sent) or is to be sent again (--resend)");
	if (v->o.to && (v->invites.count > 1 || v->o.batch))
		return err_set(e, ERR_INVALID, "--to is whom one invite goes to");
	return OK;
}

static int find_batch(struct changing *v, struct err *e)
{
	int r;

	if (!v->o.batch)
		return OK;
	r = invites_of_batch(&v->invites, &v->settings, v->o.tenant, v->o.batch, e);
	if (r == OK && !v->invites.count)
		return err_set(e, ERR_INVALID,
			       "no invite of batch '%.80s' is known; is it another "
			       "--tenant's?",
			       v->o.batch);
	return r;
}

static int run(struct changing *v, const struct arg_list *words)
{
	const char *command = v->change->args.command;
	json_t *data = data_of(&v->o);
	struct asking a = { .type = v->change->type,
			    .tenant = v->o.tenant,
			    .data = data,
			    .invites = &v->invites,
			    .wait_ms = v->o.no_wait ? 0 : v->o.timeout_s * 1000,
			    .answered = answered,
			    .ctx = v };
	struct err e;
	int r;

	if (v->invites.count && asking_check(&a, &e)) {
		json_decref(data);
		return cli_usage(command, &e);
	}
	r = crypto_init(&e) || settings_open(&v->settings, words, &e) ? ERR_FATAL
								      : find_batch(v, &e);
	if (r == OK)
		r = asking_check(&a, &e);
	if (r == OK)
		r = asking_ask(&a, &v->settings, &e);
	settings_close(&v->settings);
	json_decref(data);
	if (r)
		return cli_fail(command, r, &e);
	return v->refused ? CLI_BAD : CLI_GOOD;
}

/* argv[0] is the command's name. */
int cmd_change(int argc, char **argv)
{
	struct changing v = { .o = { .timeout_s = WAIT_DEFAULT_S }, .change = changes };
	struct arg_words words = { 0 };
	struct err e;
	int status;

	while (strcmp(v.change->args.command, argv[0]))
		v.change++;
	if (args_end(&v.change->args, argc, argv, &v.o, &words, &status))
		return status;
	invites_init(&v.invites);
	if (check(&v, &words.operands, &e)) {
		status = cli_usage(argv[0], &e);
	} else {
		advice_open(&v.advice, v.lang);
		status = run(&v, &words.settings);
		advice_close(&v.advice);
	}
	invites_clear(&v.invites);
	return status;
}
