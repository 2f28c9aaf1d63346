#include "outcome.h"

#include <string.h>

#include "codes.h"
#include "ids.h"
#include "json_write.h"
#include "mem.h"
#include "now.h"

const struct outcome_word_facts outcome_words[WORD_COUNT] = {
	[WORD_HELD] = { .name = "held", .rank = 0, .changes_state = true },
	[WORD_QUEUED] = { .name = "queued", .rank = 1, .changes_state = true },
	[WORD_DEFERRED] = { .name = "deferred", .rank = 2, .changes_state = true },
	[WORD_UNKNOWN] = { .name = "unknown", .rank = 3, .changes_state = true },
	[WORD_SENT] = { .name = "sent", .rank = 4, .changes_state = true },
	[WORD_DELIVERED] = { .name = "delivered", .rank = 5, .changes_state = true },
	[WORD_UNDELIVERED] = { .name = "undelivered", .rank = 5, .changes_state = true },
	[WORD_ERROR] = { .name = "error", .rank = 5, .changes_state = true },
	[WORD_EXPIRED] = { .name = "expired",
			   .rank = 1,
			   .of_invitation = true,
			   .changes_state = true },
	[WORD_DECLINED] = { .name = "declined",
			    .rank = 2,
			    .of_invitation = true,
			    .changes_state = true },
	[WORD_CANCELLED] = { .name = "cancelled",
			     .rank = 3,
			     .of_invitation = true,
			     .changes_state = true },
	[WORD_ACCEPTED] = { .name = "accepted",
			    .rank = 4,
			    .of_invitation = true,
			    .changes_state = true },
	[WORD_SUPERSEDED] = { .name = "superseded" },
	[WORD_DUPLICATE] = { .name = "duplicate" },
	[WORD_REFUSED] = { .name = "refused" },
	[WORD_ASKED_AGAIN] = { .name = "asked_again" },
};

enum outcome_word outcome_word_find(const char *name)
{
	for (int w = 0; w < WORD_COUNT; w++)
		if (!strcmp(outcome_words[w].name, name))
			return (enum outcome_word)w;
	return WORD_COUNT;
}

#define TYPE_PREFIX CLOUDEVENT_PREFIX "outcome."
#define OUTCOME_ROOM 2048 /* bytes: one allocation for most */

/* ---- JSON members, in the order of the contract; absent ones are left out ---- */

static void time_text(struct buf *b, const char *key, int64_t ms)
{
	char out[NOW_TEXT_SIZE];

	if (ms)
		json_write_text(b, key, now_text(ms, out));
}

static int add_json(const char *bytes, size_t n, void *b)
{
	buf_add(b, bytes, n);
	return 0;
}

static void echo(struct buf *b, const json_t *data, const char *key)
{
	const json_t *value = json_object_get(data, key);

	if (!value)
		return;
	json_write_name(b, key);
	if (json_is_string(value))
		buf_json_n(b, json_string_value(value), json_string_length(value));
	else
		json_dump_callback(value, add_json, b, JSON_COMPACT | JSON_ENCODE_ANY);
}

static void template_used(struct buf *b, const struct outcome *o)
{
	if (!o->template_name)
		return;
	json_write_open(b, "template");
	json_write_text(b, "name", o->template_name);
	json_write_int(b, "version", o->template_version);
	json_write_text(b, "locale", o->template_locale);
	json_write_text(b, "sha256", o->template_sha256);
	json_write_close(b);
}

static void timings(struct buf *b, const struct outcome_timings *t)
{
	if (!t)
		return;
	json_write_open(b, "timings");
	json_write_int(b, "queue_ms", t->queue_ms);
	json_write_int(b, "guard_ms", t->guard_ms);
	json_write_int(b, "send_ms", t->send_ms);
	json_write_int(b, "total_ms", t->total_ms);
	json_write_close(b);
}

static void cost(struct buf *b, const struct cost *c)
{
	char amount[COST_TEXT_SIZE];

	if (!c->currency[0])
		return;
	json_write_open(b, "cost");
	json_write_text(b, "amount", cost_text(c, amount));
	json_write_text(b, "currency", c->currency);
	json_write_close(b);
}

static void origin(struct buf *b, const struct coords *c)
{
	if (!c)
		return;
	json_write_open(b, "origin");
	json_write_text(b, "topic", c->topic);
	json_write_int(b, "partition", c->partition);
	json_write_int(b, "offset", c->offset);
	json_write_close(b);
}

static void sequence(struct buf *b, const struct outcome *o)
{
	const struct outcome_word_facts *w = &outcome_words[o->word];
	int64_t turn = w->of_invitation ? OUTCOME_TURN_OF_INVITATION : o->beside ? 0 : o->turn;

	json_write_name(b, "sequence");
	buf_byte(b, '[');
	buf_int(b, o->generation);
	buf_byte(b, ',');
	buf_int(b, turn);
	buf_byte(b, ',');
	buf_int(b, w->rank);
	buf_byte(b, ']');
}

static void request(struct buf *b, const struct outcome *o)
{
	if (!o->request_id)
		return;
	json_write_open(b, "request");
	json_write_text(b, "source", o->request_source);
	json_write_text(b, "id", o->request_id);
	json_write_close(b);
}

static void fault(struct buf *b, const struct outcome *o)
{
	const struct code *code = o->code ? codes_find(o->code) : NULL;
	char class[2] = { code ? code->class : '\0', '\0' };

	json_write_text(b, "code", o->code);
	json_write_text(b, "class", class);
	json_write_text(b, "reason", o->reason);
}

static void attempt(struct buf *b, const struct outcome *o)
{
	if (!o->attempt)
		return;
	json_write_open(b, "attempt");
	json_write_int(b, "n", o->attempt);
	json_write_int(b, "max", o->attempts_max);
	json_write_close(b);
}

static void body(struct buf *b, const struct outcome *o)
{
	static const char *const echoed[] = { "role", "department", "teams", "batch", "metadata" };

	json_write_open(b, NULL);
	json_write_text(b, "tenant", o->tenant);
	json_write_text(b, "invite", o->invite);
	json_write_text(b, "kind", o->kind);
	json_write_int(b, "generation", o->generation);
	json_write_text(b, "delivery", o->delivery);
	attempt(b, o);
	json_write_text(b, "channel", o->channel);
	json_write_text(b, "word", outcome_words[o->word].name);
	json_write_text(b, "prev", o->prev);
	sequence(b, o);
	if (o->ladder)
		json_write_int(b, "ladder", o->turn);
	request(b, o);
	json_write_text(b, "first", o->first);
	json_write_text(b, "holder", o->holder);
	fault(b, o);
	json_write_text(b, "next_channel", o->next_channel);
	json_write_text(b, "provider", o->provider);
	json_write_text(b, "provider_message_id", o->provider_message_id);
	template_used(b, o);
	json_write_text(b, "recipient_masked", o->recipient_masked);
	json_write_text(b, "recipient_hash", o->recipient_hash);
	time_text(b, "not_before", o->not_before_ms);
	time_text(b, "expires_at", o->expires_ms);
	json_write_text(b, "token_sha256", o->token_sha256);
	if (o->segments)
		json_write_int(b, "segments", o->segments);
	json_write_text(b, "encoding", o->encoding);
	cost(b, &o->cost);
	time_text(b, "receipt_due", o->receipt_due_ms);
	timings(b, o->timings);
	origin(b, o->origin);
	for (size_t i = 0; o->data && i < ARRAY_LEN(echoed); i++)
		echo(b, o->data, echoed[i]);
	json_write_text(b, "sealed", o->sealed);
	json_write_close(b);
}

static void compute_id(const struct outcome *o, char id[IDS_OUTCOME_SIZE])
{
	struct ids_event event = { o->request_source ? o->request_source : "",
				   o->request_id ? o->request_id : "" };
	const char *tenant = o->tenant ? o->tenant : "", *word = outcome_words[o->word].name;

	if (o->delivery)
		ids_outcome_of_delivery(tenant, o->delivery, (uint32_t)o->turn, word, id);
	else
		ids_outcome_of_event(tenant, event, (uint32_t)o->turn, word, id);
}

static void head_text(struct buf *out, const char *s, char after)
{
	if (s)
		buf_str(out, s);
	buf_byte(out, after);
}

/* The head's lines: id, word, source, key, traceparent. None of them can hold a line feed. */
void outcome_pack(const struct outcome *o, const char *source, struct buf *out)
{
	char id[IDS_OUTCOME_SIZE];

	compute_id(o, id);
	buf_room(out, OUTCOME_ROOM);
	head_text(out, id, '\n');
	head_text(out, outcome_words[o->word].name, '\n');
	head_text(out, source, '\n');
	head_text(out, o->tenant, '/');
	head_text(out, o->invite, '\n');
	head_text(out, o->traceparent, '\n');
	body(out, o);
}

static char *line(char **at, const char *end)
{
	char *start = *at, *stop = memchr(start, '\n', (size_t)(end - start));

	if (!stop)
		return NULL;
	*stop = '\0';
	*at = stop + 1;
	return start;
}

int outcome_unpack(char *bytes, size_t len, const char *topic, struct outcome_record *out,
		   struct err *e)
{
	char *at = bytes, *end = bytes + len;
	char *id = line(&at, end), *word = id ? line(&at, end) : NULL,
	     *source = word ? line(&at, end) : NULL;
	char *key = source ? line(&at, end) : NULL, *trace = key ? line(&at, end) : NULL;
	struct cloudevent_head head = {
		.id = id, .source = source, .type = out->type, .traceparent = trace
	};
	const char *subject;

	if (!trace)
		return err_set(e, ERR_INVALID, "kept outcome is not one");
	text_put(out->type, sizeof(out->type), TYPE_PREFIX);
	text_put(out->type + sizeof(TYPE_PREFIX) - 1, sizeof(out->type) - (sizeof(TYPE_PREFIX) - 1),
		 word);
	text_put(out->key, sizeof(out->key), key);
	subject = strchr(key, '/');
	head.subject = subject ? subject + 1 : NULL;
	out->message = (struct kafka_message){
		.topic = topic,
		.partition = -1,
		.key = out->key,
		.key_len = strlen(out->key),
		.value = at,
		.value_len = (size_t)(end - at),
		.headers = out->headers,
		.header_count = cloudevent_write_headers(&head, out->headers),
	};
	return OK;
}
