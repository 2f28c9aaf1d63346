#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloudevent.h"
#include "dead.h"
#include "job.h"
#include "mem.h"
#include "replaying.h"
#include "scan.h"

/* What a dead letter's own headers do not tell the world: see dead.h. */
#define DEAD_PREFIX "kafka_dlt-"
#define TRUNCATED "beckon-truncated"
#define ORIGINAL_TOPIC DEAD_PREFIX "original-topic"

/* A dead letter, and the record that it was. */
struct letter {
	struct record record; /* as it came, with its own headers */
	struct header headers[DEAD_HEADERS_MAX];
	const char *topic; /* where it goes back to */
	bool truncated;
	int replays;
	char count[16]; /* the header's memory */
};

static bool named(const struct header *h, const char *name)
{
	return !strcmp(h->name, name);
}

static int number_of(const struct header *h)
{
	char text[16];

	snprintf(text, sizeof(text), "%.*s", (int)(h->len < 15 ? h->len : 15),
		 h->value ? (const char *)h->value : "");
	return (int)strtol(text, NULL, 10);
}

/* Where it came from: a topic of jobs, or that of requests. */
static const char *topic_of(const struct settings *s, const struct header *h)
{
	static const int jobs[] = { TOPIC_EMAIL, TOPIC_SMS };

	for (size_t i = 0; i < ARRAY_LEN(jobs); i++)
		if (h->value && h->len == strlen(s->topics[jobs[i]]) &&
		    !memcmp(h->value, s->topics[jobs[i]], h->len))
			return s->topics[jobs[i]];
	return s->topics[TOPIC_REQUESTED];
}

static void open_letter(const struct settings *s, const struct record *r, struct letter *out)
{
	size_t n = 0;

	*out = (struct letter){ .record = *r, .topic = s->topics[TOPIC_REQUESTED] };
	for (size_t i = 0; i < r->header_count; i++) {
		const struct header *h = &r->headers[i];

		if (named(h, TRUNCATED))
			out->truncated = true;
		else if (named(h, REPLAY_HEADER))
			out->replays = number_of(h);
		else if (named(h, ORIGINAL_TOPIC))
			out->topic = topic_of(s, h);
		else if (strncmp(h->name, DEAD_PREFIX, sizeof(DEAD_PREFIX) - 1))
			out->headers[n++] = *h;
	}
	out->record.headers = out->headers;
	out->record.header_count = n;
}

static bool is_tenant(const char *own, const char *tenant)
{
	return !tenant || (own && !strcmp(own, tenant));
}

/* Can it be read by now, as what its topic holds? *wanted: it is of the tenant. */
static int read_event(const struct record *r, const char *tenant, bool *wanted, struct err *why)
{
	struct cloudevent event;

	if (cloudevent_read(r, CLOUDEVENT_PREFIX, &event, why))
		return ERR_INVALID;
	*wanted = is_tenant(json_string_value(json_object_get(event.data, "tenant")), tenant);
	cloudevent_clear(&event);
	return OK;
}

static int read_job(const struct record *r, const char *tenant, bool *wanted, struct err *why)
{
	struct job job;

	if (job_read(r, &job, why) < 0)
		return ERR_INVALID;
	*wanted = is_tenant(job.delivery.tenant, tenant);
	job_clear(&job);
	return OK;
}

/* ERR_INVALID: of another tenant. why is filled where it is still unreadable. */
static int judge(const struct replaying *v, const struct letter *l, enum replay_verdict *out,
		 struct err *why)
{
	bool is_event = l->topic == v->settings.topics[TOPIC_REQUESTED], wanted;

	*out = l->truncated ? REPLAY_CUT : REPLAY_UNREADABLE;
	if (l->truncated ||
	    (is_event ? read_event : read_job)(&l->record, v->o.tenant, &wanted, why) < 0)
		return OK;
	*out = l->replays >= REPLAYS_MAX ? REPLAY_LOOP : REPLAY_GO;
	return wanted ? OK : ERR_INVALID;
}

/* An event that is not under its key is brought there by the dispatcher; a job always was. */
static int put(struct replaying *v, struct letter *l, struct err *e)
{
	struct record *r = &l->record;
	struct kafka_message m = { .topic = l->topic,
				   .partition = -1,
				   .key = r->key,
				   .key_len = r->key_len,
				   .value = r->value,
				   .value_len = r->value_len,
				   .headers = l->headers,
				   .header_count = r->header_count + 1 };

	snprintf(l->count, sizeof(l->count), "%d", l->replays + 1);
	l->headers[r->header_count] = (struct header){ REPLAY_HEADER, l->count, strlen(l->count) };
	replaying_pace(v);
	return outbox_put(&v->outbox, &m, e);
}

static int take(void *ctx, const struct record *r, struct err *e)
{
	struct replaying *v = ctx;
	autofree char *where = xasprintf("%d/%lld", r->partition, (long long)r->offset);
	enum replay_verdict verdict;
	struct err why = { "" };
	struct letter letter;
	int code = OK;

	open_letter(&v->settings, r, &letter);
	if (replaying_full(v) || judge(v, &letter, &verdict, &why))
		return OK;
	if (verdict == REPLAY_GO && !v->o.dry_run)
		code = put(v, &letter, e);
	if (code == OK)
		replaying_tell(v, where, verdict, why.text[0] ? why.text : NULL);
	return code;
}

int replay_letters(struct replaying *v, struct err *e)
{
	struct kafka_span span = { .topic = v->settings.topics[TOPIC_DEAD_LETTER],
				   .since_ms = v->since_ms };

	return scan_topic(&v->settings, &span, take, v, e);
}
