#include "cmd_token.h"

#include <stdio.h>
#include <string.h>

#include "args.h"
#include "cli.h"
#include "crypto.h"
#include "facts.h"
#include "mem.h"
#include "now.h"
#include "settings.h"
#include "term.h"
#include "told.h"
#include "token.h"

#define LINK_READ_MAX 4096

struct token_options {
	const char *lang;
	bool json;
};

static const struct arg list[] = {
	{ "json", ARG_FLAG, offsetof(struct token_options, json), NULL, "one JSON object", 0, 0 },
	LANG_ARG(offsetof(struct token_options, lang)),
};

static const struct args args = {
	"token",
	"verify LINK|TOKEN|- [OPTION...]",
	"What is a link of a message worth? valid, expired, superseded (a newer link has taken its "
	"place),\n"
	"cancelled, accepted, declined, or unknown. - reads it from standard input, which other "
	"users of the\n"
	"machine cannot see. Ends with 0 for a valid link only. The key ring is read from "
	"keys.ring_file of\n"
	"--config; without it the signature is not checked.",
	list,
	ARRAY_LEN(list),
	.operands = true,
	.settings = true,
};

static const struct {
	struct words_in text;
	enum tone tone;
} shown[LINK_VERDICTS] = {
	[LINK_VALID] = { { { "The link is valid", "Ссылка действует" } }, TONE_GOOD },
	[LINK_EXPIRED] = { { { "The link has expired", "Срок ссылки истёк" } }, TONE_WARN },
	[LINK_SUPERSEDED] = { { { "A newer link has replaced it", "Заменена новой ссылкой" } },
			      TONE_WARN },
	[LINK_CANCELLED] = { { { "The invitation was cancelled", "Приглашение отменено" } },
			     TONE_WARN },
	[LINK_ACCEPTED] = { { { "The invitation was accepted", "Приглашение принято" } },
			    TONE_GOOD },
	[LINK_DECLINED] = { { { "The invitation was declined", "Приглашение отклонено" } },
			    TONE_WARN },
	[LINK_UNKNOWN] = { { { "No link of this fleet", "Такой ссылки нет" } }, TONE_BAD },
};

/* What was found out about a link. */
struct verified {
	enum link_verdict verdict;
	struct delivery delivery; /* tenant "" = none is known */
	struct link_facts facts;
	bool checked; /* against the key ring */
};

/* ERR_INVALID: the ring has not signed it. */
static int check_signature(const struct settings *s, const char *token, struct verified *v,
			   struct err *e)
{
	struct token_for whose = { v->delivery.tenant, v->delivery.invite, v->delivery.generation };
	struct keyring *ring;
	bool good;

	if (!s->ring_file)
		return OK;
	if (keyring_load(&ring, s->ring_file, e))
		return ERR_FATAL;
	good = token_verify(ring, token, whose);
	keyring_free(ring);
	v->checked = true;
	return good ? OK : ERR_INVALID;
}

static int verify(const struct settings *s, struct guard *g, const char *token, struct verified *v,
		  struct err *e)
{
	char sha256[CRYPTO_HEX_LEN(CRYPTO_HASH_BYTES) + 1], delivery[IDS_DELIVERY_SIZE],
		key[IDS_KEY_SIZE];
	int r;

	*v = (struct verified){ .verdict = LINK_UNKNOWN };
	token_sha256(token, sha256);
	if (facts_of_token(g, s->redis_prefix, sha256, delivery, e))
		return ERR_AGAIN;
	if (!delivery[0] || ids_delivery_parse(delivery, &v->delivery, e))
		return OK;
	r = check_signature(s, token, v, e);
	if (r)
		return r == ERR_FATAL ? r : OK;
	ids_key(v->delivery.tenant, v->delivery.invite, key);
	if (facts_read(g, s->redis_prefix, key, &v->facts, e))
		return ERR_AGAIN;
	v->verdict = link_judge(&v->facts, key, v->delivery.generation);
	return OK;
}

static void print_json(const struct verified *v)
{
	char time[NOW_TEXT_SIZE];
	json_t *o = json_pack("{sssb}", "verdict", link_verdicts[v->verdict], "signature_checked",
			      v->checked);

	if (v->delivery.tenant[0]) {
		json_object_set_new(o, "tenant", json_string(v->delivery.tenant));
		json_object_set_new(o, "invite", json_string(v->delivery.invite));
		json_object_set_new(o, "generation", json_integer(v->delivery.generation));
	}
	if (v->facts.expires_ms)
		json_object_set_new(o, "expires_at",
				    json_string(now_text(v->facts.expires_ms, time)));
	cli_json(o);
}

static void print(const struct verified *v, enum lang lang)
{
	static const char *const until[LANG_COUNT] = { "until", "до" };
	char time[TOLD_TIME_SIZE];

	term_print(shown[v->verdict].tone, link_verdicts[v->verdict]);
	printf("\t%s", shown[v->verdict].text.in[lang]);
	if (v->delivery.tenant[0])
		printf("\t%s/%s", v->delivery.tenant, v->delivery.invite);
	if (v->verdict == LINK_VALID)
		printf("\t%s %s", until[lang], told_time(v->facts.expires_ms, lang, time));
	putchar('\n');
	if (!v->checked && v->delivery.tenant[0])
		fputs("The signature was not checked: name keys.ring_file, e.g. by --config.\n",
		      stderr);
}

static int run(const struct arg_list *words, const char *token, struct verified *v, struct err *e)
{
	struct settings s;
	struct guard *g;
	int r;

	if (settings_open(&s, words, e))
		return ERR_FATAL;
	r = settings_guard_ready(&s, "beckon-token", &g, e);
	if (r == OK) {
		r = verify(&s, g, token, v, e);
		guard_free(g);
	}
	settings_close(&s);
	return r;
}

int cmd_token(int argc, char **argv)
{
	struct token_options o = { 0 };
	struct arg_words words = { 0 };
	char line[LINK_READ_MAX] = "", token[LINK_READ_MAX];
	const struct arg_list *given = &words.operands;
	struct verified v;
	enum lang lang;
	struct err e;
	int status, r;

	if (args_end(&args, argc, argv, &o, &words, &status))
		return status;
	r = lang_read(o.lang, &lang, &e);
	if (r == OK && (given->count != 2 || strcmp(given->items[0], "verify")))
		r = err_set(&e, ERR_INVALID, "say what to verify: beckon token verify LINK");
	if (r)
		return cli_usage("token", &e);
	bool piped = !strcmp(given->items[1], "-");

	if (piped && !fgets(line, sizeof(line), stdin))
		line[0] = '\0';
	link_token(piped ? line : given->items[1], token, sizeof(token));
	r = run(&words.settings, token, &v, &e);
	crypto_wipe(token, sizeof(token));
	crypto_wipe(line, sizeof(line));
	if (r)
		return cli_fail("token", r, &e);
	if (o.json)
		print_json(&v);
	else
		print(&v, lang);
	return v.verdict == LINK_VALID ? CLI_GOOD : CLI_BAD;
}
