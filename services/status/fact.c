#include "fact.h"

#include <string.h>

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

static const char *text(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static int64_t number(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static int64_t moment(const json_t *o, const char *name)
{
	const char *s = text(o, name);
	int64_t ms = 0;

	return s && now_parse(s, &ms) ? ms : 0;
}

/* A ladder's outcome tells its turn beside the sequence, which has none where no state is moved. */
static void place(const json_t *root, struct fact *f)
{
	struct delivery d;
	struct err e;

	f->n = FACT_OF_NO_DELIVERY;
	if (!f->delivery || ids_delivery_parse(f->delivery, &d, &e) < 0)
		return;
	f->n = d.n;
	f->sms = !strcmp(d.channel, IDS_SMS);
	f->ladder = json_is_integer(json_object_get(root, "ladder"));
	f->beside = f->ladder && !f->turn;
	if (f->ladder)
		f->turn = number(root, "ladder");
}

static struct fact members(json_t *root)
{
	const json_t *sequence = json_object_get(root, "sequence"),
		     *request = json_object_get(root, "request");
	const char *word = text(root, "word");

	return (struct fact){
		.word = word ? outcome_word_find(word) : WORD_COUNT,
		.tenant = text(root, "tenant"),
		.invite = text(root, "invite"),
		.kind = text(root, "kind"),
		.generation = json_integer_value(json_array_get(sequence, 0)),
		.turn = json_integer_value(json_array_get(sequence, 1)),
		.rank = json_integer_value(json_array_get(sequence, 2)),
		.attempt = number(json_object_get(root, "attempt"), "n"),
		.not_before_ms = moment(root, "not_before"),
		.expires_ms = moment(root, "expires_at"),
		.receipt_due_ms = moment(root, "receipt_due"),
		.delivery = text(root, "delivery"),
		.request_source = text(request, "source"),
		.request_id = text(request, "id"),
		.prev = text(root, "prev"),
		.code = text(root, "code"),
		.reason = text(root, "reason"),
		.holder = text(root, "holder"),
		.recipient_hash = text(root, "recipient_hash"),
		.token_sha256 = text(root, "token_sha256"),
		.provider = text(root, "provider"),
		.root = root,
	};
}

int fact_read(const struct record *r, struct fact *out, struct err *e)
{
	json_t *root = r->value ? json_loadb(r->value, r->value_len, 0, NULL) : NULL;
	struct fact f = members(root);

	if (f.word == WORD_COUNT || !f.tenant || !f.invite ||
	    !ids_name_ok(f.tenant, strlen(f.tenant)) || !ids_name_ok(f.invite, strlen(f.invite))) {
		json_decref(root);
		return err_set(e, ERR_INVALID, "not an outcome of an invite");
	}
	place(root, &f);
	f.by_dispatcher = from_dispatcher(r);
	f.told_ms = r->timestamp_ms + now_skew_ms();
	ids_key(f.tenant, f.invite, f.key);
	*out = f;
	return OK;
}

void fact_clear(struct fact *f)
{
	json_decref(f->root);
	f->root = NULL;
}
