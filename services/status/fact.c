#include "fact.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "json_span.h"
#include "mem.h"
#include "now.h"

#define SOURCE_HEADER "ce_source"
#define DISPATCHER "beckon/dispatcher"

static bool from_dispatcher(const struct record *r)
{
	static const size_t len = sizeof(DISPATCHER) - 1;

	for (size_t i = 0; i < r->header_count; i++)
		if (!strcmp(r->headers[i].name, SOURCE_HEADER))
			return r->headers[i].len == len &&
			       !memcmp(r->headers[i].value, DISPATCHER, len);
	return false;
}

/* ---- members ---- */

enum {
	M_WORD,
	M_TENANT,
	M_INVITE,
	M_KIND,
	M_SEQUENCE,
	M_ATTEMPT,
	M_NOT_BEFORE,
	M_EXPIRES_AT,
	M_RECEIPT_DUE,
	M_DELIVERY,
	M_REQUEST,
	M_PREV,
	M_CODE,
	M_REASON,
	M_HOLDER,
	M_RECIPIENT_HASH,
	M_TOKEN_SHA256,
	M_PROVIDER,
	M_LADDER,
	M_NEXT_CHANNEL,
	M_PROVIDER_MESSAGE_ID,
	M_COUNT
};

static const char *const of_outcome[M_COUNT] = {
	"word",		  "tenant",	  "invite",
	"kind",		  "sequence",	  "attempt",
	"not_before",	  "expires_at",	  "receipt_due",
	"delivery",	  "request",	  "prev",
	"code",		  "reason",	  "holder",
	"recipient_hash", "token_sha256", "provider",
	"ladder",	  "next_channel", "provider_message_id",
};

/* A string's characters, kept in `memory`, which has room for all of them; NULL = it is none. */
static const char *text(struct buf *memory, struct json_span v)
{
	size_t at = memory->len;

	if (v.len < 2 || *v.at != '"')
		return NULL;
	json_span_text(v, memory);
	buf_byte(memory, '\0');
	return memory->data + at;
}

static int64_t number_of(struct json_span object, const char *name)
{
	struct json_span v;

	json_span_members(object, &name, 1, &v);
	return json_span_int(v);
}

static int64_t moment(struct buf *memory, struct json_span v)
{
	const char *s = text(memory, v);
	int64_t ms = 0;

	return s && now_parse(s, &ms) ? ms : 0;
}

static void read_sequence(struct json_span sequence, struct fact *f)
{
	int64_t *const places[] = { &f->generation, &f->turn, &f->rank };
	struct json_walk w = json_walk_open(sequence);
	struct json_span name, value;

	for (size_t i = 0; i < ARRAY_LEN(places) && json_walk_next(&w, &name, &value); i++)
		*places[i] = json_span_int(value);
}

static void read_request(struct json_span request, struct buf *memory, struct fact *f)
{
	static const char *const names[] = { "source", "id" };
	struct json_span v[ARRAY_LEN(names)];

	json_span_members(request, names, ARRAY_LEN(names), v);
	f->request_source = text(memory, v[0]);
	f->request_id = text(memory, v[1]);
}

/* A ladder's outcome tells its turn beside the sequence, which has none where no state is moved. */
static void place(struct json_span ladder, struct fact *f)
{
	struct delivery d;
	struct err e;

	f->n = FACT_OF_NO_DELIVERY;
	if (!f->delivery || ids_delivery_parse(f->delivery, &d, &e) < 0)
		return;
	f->n = d.n;
	f->sms = !strcmp(d.channel, IDS_SMS);
	f->ladder = ladder.len && (isdigit((unsigned char)*ladder.at) || *ladder.at == '-');
	f->beside = f->ladder && !f->turn;
	if (f->ladder)
		f->turn = json_span_int(ladder);
}

static void members(const struct json_span *m, struct buf *memory, struct fact *f)
{
	const char *word = text(memory, m[M_WORD]);

	f->word = word ? outcome_word_find(word) : WORD_COUNT;
	f->tenant = text(memory, m[M_TENANT]);
	f->invite = text(memory, m[M_INVITE]);
	f->kind = text(memory, m[M_KIND]);
	f->attempt = number_of(m[M_ATTEMPT], "n");
	f->not_before_ms = moment(memory, m[M_NOT_BEFORE]);
	f->expires_ms = moment(memory, m[M_EXPIRES_AT]);
	f->receipt_due_ms = moment(memory, m[M_RECEIPT_DUE]);
	f->delivery = text(memory, m[M_DELIVERY]);
	f->prev = text(memory, m[M_PREV]);
	f->code = text(memory, m[M_CODE]);
	f->reason = text(memory, m[M_REASON]);
	f->holder = text(memory, m[M_HOLDER]);
	f->recipient_hash = text(memory, m[M_RECIPIENT_HASH]);
	f->token_sha256 = text(memory, m[M_TOKEN_SHA256]);
	f->provider = text(memory, m[M_PROVIDER]);
	f->provider_message_id = text(memory, m[M_PROVIDER_MESSAGE_ID]);
	f->goes_on = m[M_NEXT_CHANNEL].len > 0;
	read_sequence(m[M_SEQUENCE], f);
	read_request(m[M_REQUEST], memory, f);
	place(m[M_LADDER], f);
}

int fact_read(const struct record *r, struct fact *out, struct err *e)
{
	struct json_span m[M_COUNT];
	struct buf memory = BUF_INIT(0);
	struct fact f = { .word = WORD_COUNT };

	if (r->value && json_span_is_object(r->value, r->value_len)) {
		json_span_members((struct json_span){ r->value, r->value_len }, of_outcome, M_COUNT,
				  m);
		buf_reserve(&memory, r->value_len + M_COUNT); /* text is borrowed: it never moves */
		members(m, &memory, &f);
	}
	if (f.word == WORD_COUNT || !f.tenant || !f.invite ||
	    !ids_name_ok(f.tenant, strlen(f.tenant)) || !ids_name_ok(f.invite, strlen(f.invite))) {
		buf_clear(&memory);
		return err_set(e, ERR_INVALID, "not an outcome of an invite");
	}
	f.by_dispatcher = from_dispatcher(r);
	f.told_ms = r->timestamp_ms + now_skew_ms();
	ids_key(f.tenant, f.invite, f.key);
	f.memory = buf_take(&memory);
	*out = f;
	return OK;
}

int fact_read_whole(const struct record *r, struct fact *out, struct err *e)
{
	json_t *root = r->value ? json_loadb(r->value, r->value_len, 0, NULL) : NULL;

	if (!root)
		return err_set(e, ERR_INVALID, "not JSON");
	if (fact_read(r, out, e) < 0) {
		json_decref(root);
		return ERR_INVALID;
	}
	out->root = root;
	return OK;
}

void fact_clear(struct fact *f)
{
	json_decref(f->root);
	free(f->memory);
	f->root = NULL;
	f->memory = NULL;
}
