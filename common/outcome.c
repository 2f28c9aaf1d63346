#include "outcome.h"

#include <string.h>

#include "codes.h"
#include "ids.h"
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

static void name(struct buf *b, const char *key)
{
	if (b->len && b->data[b->len - 1] != '{')
		buf_byte(b, ',');
	buf_byte(b, '"');
	buf_str(b, key);
	buf_str(b, "\":");
}

static void text(struct buf *b, const char *key, const char *value)
{
	if (!value || !value[0])
		return;
	name(b, key);
	buf_json(b, value);
}

static void number(struct buf *b, const char *key, int64_t value)
{
	name(b, key);
	buf_int(b, value);
}

static void time_text(struct buf *b, const char *key, int64_t ms)
{
	char out[NOW_TEXT_SIZE];

	if (ms)
		text(b, key, now_text(ms, out));
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
	name(b, key);
	json_dump_callback(value, add_json, b, JSON_COMPACT | JSON_ENCODE_ANY);
}

static void template_used(struct buf *b, const struct outcome *o)
{
	if (!o->template_name)
		return;
	name(b, "template");
	buf_byte(b, '{');
	text(b, "name", o->template_name);
	number(b, "version", o->template_version);
	text(b, "locale", o->template_locale);
	text(b, "sha256", o->template_sha256);
	buf_byte(b, '}');
}

static void timings(struct buf *b, const struct outcome_timings *t)
{
	if (!t)
		return;
	name(b, "timings");
	buf_byte(b, '{');
	number(b, "queue_ms", t->queue_ms);
	number(b, "guard_ms", t->guard_ms);
	number(b, "send_ms", t->send_ms);
	number(b, "total_ms", t->total_ms);
	buf_byte(b, '}');
}

static void origin(struct buf *b, const struct coords *c)
{
	if (!c)
		return;
	name(b, "origin");
	buf_byte(b, '{');
	text(b, "topic", c->topic);
	number(b, "partition", c->partition);
	number(b, "offset", c->offset);
	buf_byte(b, '}');
}

static void sequence(struct buf *b, const struct outcome *o)
{
	const struct outcome_word_facts *w = &outcome_words[o->word];
	int64_t turn = w->of_invitation ? OUTCOME_TURN_OF_INVITATION : o->turn;

	name(b, "sequence");
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
	name(b, "request");
	buf_byte(b, '{');
	text(b, "source", o->request_source);
	text(b, "id", o->request_id);
	buf_byte(b, '}');
}

static void fault(struct buf *b, const struct outcome *o)
{
	const struct code *code = o->code ? codes_find(o->code) : NULL;
	char class[2] = { code ? code->class : '\0', '\0' };

	text(b, "code", o->code);
	text(b, "class", class);
	text(b, "reason", o->reason);
}

static void attempt(struct buf *b, const struct outcome *o)
{
	if (!o->attempt)
		return;
	name(b, "attempt");
	buf_byte(b, '{');
	number(b, "n", o->attempt);
	number(b, "max", o->attempts_max);
	buf_byte(b, '}');
}

static void body(struct buf *b, const struct outcome *o)
{
	static const char *const echoed[] = { "role", "department", "teams", "batch", "metadata" };

	buf_byte(b, '{');
	text(b, "tenant", o->tenant);
	text(b, "invite", o->invite);
	text(b, "kind", o->kind);
	number(b, "generation", o->generation);
	text(b, "delivery", o->delivery);
	attempt(b, o);
	text(b, "channel", o->channel);
	text(b, "word", outcome_words[o->word].name);
	text(b, "prev", o->prev);
	sequence(b, o);
	request(b, o);
	text(b, "first", o->first);
	text(b, "holder", o->holder);
	fault(b, o);
	text(b, "provider", o->provider);
	text(b, "provider_message_id", o->provider_message_id);
	template_used(b, o);
	text(b, "recipient_masked", o->recipient_masked);
	text(b, "recipient_hash", o->recipient_hash);
	time_text(b, "not_before", o->not_before_ms);
	time_text(b, "expires_at", o->expires_ms);
	text(b, "token_sha256", o->token_sha256);
	timings(b, o->timings);
	origin(b, o->origin);
	for (size_t i = 0; o->data && i < ARRAY_LEN(echoed); i++)
		echo(b, o->data, echoed[i]);
	buf_byte(b, '}');
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
