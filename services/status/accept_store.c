#include "accept_store.h"

#include <string.h>

#include "accept_look_lua.h"
#include "accept_note_lua.h"
#include "accept_ticket_lua.h"
#include "json_text.h"
#include "mem.h"
#include "now.h"
#include "redis.h"

#define WORDS_MAX 12
#define TICKET_BYTES 20

/* Runs a script with these words as ARGV; the reply lives until the next one. */
static const struct redis_reply *ask(struct redis *r, const char *script, const char *const words[],
				     size_t n, struct err *e)
{
	const char *argv[WORDS_MAX] = { "EVAL", script, "0" };
	const struct redis_reply *v;

	for (size_t i = 0; i < n; i++)
		argv[i + 3] = words[i];
	redis_add(r, (int)n + 3, argv, NULL);
	if (redis_run(r, e) < 0)
		return NULL;
	v = redis_reply(r, 0);
	if (redis_type(v) != REDIS_ERROR)
		return v;
	err_set(e, ERR_AGAIN, "redis: %s", redis_str(v, NULL));
	return NULL;
}

static void read_link(struct accept_link *l, const struct redis_reply *v)
{
	const char *invite = redis_str(redis_at(v, 2), NULL), *kept;
	size_t len;

	text_put(l->invite, sizeof(l->invite), invite);
	text_put(l->tenant, sizeof(l->tenant), invite);
	l->tenant[strcspn(l->tenant, "/")] = '\0';
	l->generation = redis_int(redis_at(v, 3));
	l->facts.known = redis_str(redis_at(v, 4), NULL)[0] != '\0';
	text_put(l->facts.state, sizeof(l->facts.state), redis_str(redis_at(v, 4), NULL));
	l->facts.generation = redis_int(redis_at(v, 5));
	l->facts.expires_ms = redis_int(redis_at(v, 6));
	text_put(l->facts.holder, sizeof(l->facts.holder), redis_str(redis_at(v, 7), NULL));
	l->facts.now_ms = redis_int(redis_at(v, 1));
	l->sent_ms = redis_int(redis_at(v, 8));
	kept = redis_str(redis_at(v, 9), &len);
	if (len)
		json_text_parse(kept, len, &l->kept, NULL);
	text_put(l->answered, sizeof(l->answered), redis_str(redis_at(v, 10), NULL));
}

int accept_store_look(struct redis *r, const char *prefix, const char *token_sha256,
		      struct accept_link *out, struct err *e)
{
	char skew[INT_TEXT_SIZE];
	const char *words[] = { prefix, token_sha256, skew };
	const struct redis_reply *v;

	*out = (struct accept_link){ 0 };
	int_text(skew, now_skew_ms());
	v = ask(r, accept_look_lua, words, ARRAY_LEN(words), e);
	if (!v)
		return ERR_AGAIN;
	if (strcmp(redis_str(redis_at(v, 0), NULL), "link") != 0)
		return err_set(e, ERR_AGAIN, "redis: its memory is being made anew");
	read_link(out, v);
	return OK;
}

void accept_link_clear(struct accept_link *l)
{
	json_decref(l->kept);
	l->kept = NULL;
}

const char *accept_store_answer(const struct accept_link *l, enum link_verdict verdict)
{
	if (verdict != LINK_VALID || !l->answered[0] || !strcmp(l->answered, ACCEPT_RENEWAL))
		return NULL;
	return l->answered;
}

static int note(struct redis *r, const char *prefix, const char *token_sha256, const char *word,
		const char *const ticket[2], struct err *e)
{
	char memory[INT_TEXT_SIZE], good[INT_TEXT_SIZE];
	const char *words[] = { prefix, token_sha256, word, memory, ticket[0], ticket[1], good };

	int_text(memory, strcmp(word, ACCEPT_RENEWAL) ? ACCEPT_ANSWER_MS : ACCEPT_RENEWAL_MS);
	int_text(good, ACCEPT_TICKET_MS);
	return ask(r, accept_note_lua, words, ARRAY_LEN(words), e) ? OK : ERR_AGAIN;
}

int accept_store_note(struct redis *r, const char *prefix, const char *token_sha256,
		      const char *word, struct err *e)
{
	const char *const none[] = { "", "" };

	return note(r, prefix, token_sha256, word, none, e);
}

int accept_store_note_ticket(struct redis *r, const char *prefix, const char *token_sha256,
			     const char *invite, char ticket[ACCEPT_TICKET_SIZE], struct err *e)
{
	unsigned char drawn[TICKET_BYTES];
	char sha256[ACCEPT_SHA_SIZE];
	const char *const both[] = { sha256, invite };

	_Static_assert(CRYPTO_BASE32_LEN(TICKET_BYTES) + 1 == ACCEPT_TICKET_SIZE, "fits");
	crypto_random(drawn, sizeof(drawn));
	crypto_base32(drawn, sizeof(drawn), ticket);
	crypto_sha256_hex(ticket, ACCEPT_TICKET_SIZE - 1, sha256);
	return note(r, prefix, token_sha256, "accepted", both, e);
}

int accept_store_take(struct redis *r, const char *prefix, const char *tenant, const char *ticket,
		      char invite[IDS_KEY_SIZE], struct err *e)
{
	char sha256[ACCEPT_SHA_SIZE];
	const char *words[] = { prefix, sha256, tenant };
	const struct redis_reply *v;

	crypto_sha256_hex(ticket, strlen(ticket), sha256);
	v = ask(r, accept_ticket_lua, words, ARRAY_LEN(words), e);
	if (!v)
		return ERR_AGAIN;
	text_put(invite, IDS_KEY_SIZE, redis_str(v, NULL));
	return OK;
}
