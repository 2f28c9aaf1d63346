#include <stdio.h>
#include <string.h>

#include "cloudevent.h"
#include "facts.h"
#include "failures.h"
#include "kept.h"
#include "mem.h"
#include "replaying.h"
#include "request.h"
#include "scan.h"

/* ---- looking ---- */

static int take(void *ctx, const struct record *r, struct err *e)
{
	struct told t;

	if (told_read(r, &t, e))
		return OK;
	failures_take(ctx, &t);
	told_clear(&t);
	return OK;
}

/* What the invite keeps of its request, as the dispatcher reads it; takes data. */
static void read_kept(json_t *data, int64_t asked_ms, struct replay_facts *f)
{
	struct cloudevent event = { .type = "invite.requested", .data = data };
	struct request request;

	f->kept = request_read(&event, &request, NULL) == OK;
	if (f->kept) {
		f->password = request.kind == KIND_PASSWORD;
		f->not_after_ms = kept_not_after(&request, asked_ms);
	}
}

static int judge(struct replaying *v, const struct failure *one, enum replay_verdict *out,
		 struct err *e)
{
	struct replay_facts f = { .of_generation = one->sequence[0], .replays = one->replays };
	char key[IDS_KEY_SIZE];
	struct link_facts now;
	json_t *data;

	ids_key(one->tenant, one->invite, key);
	if (facts_read(v->guard, v->settings.redis_prefix, key, &now, e) ||
	    facts_kept(v->guard, v->settings.redis_prefix, key, &data, e))
		return ERR_AGAIN;
	f.state = now.state;
	f.generation = now.generation;
	f.now_ms = now.now_ms;
	if (data)
		read_kept(data, one->at_ms, &f);
	*out = replay_judge(&f);
	json_decref(data);
	return OK;
}

/* ---- asking again ---- */

static int put(struct replaying *v, const struct failure *one, struct err *e)
{
	int n = one->replays + 1;
	char id[REPLAY_ID_SIZE], count[16];
	json_t *data = json_pack("{ssssss}", "tenant", one->tenant, "invite", one->invite, "reason",
				 "replay");
	struct outbox_event event = { .id = replay_id(n, one->outcome, id),
				      .type = request_types[REQUEST_RESEND],
				      .tenant = one->tenant,
				      .invite = one->invite,
				      .data = data,
				      .header = REPLAY_HEADER,
				      .header_value = count };
	int r;

	snprintf(count, sizeof(count), "%d", n);
	replaying_pace(v);
	r = outbox_put_event(&v->outbox, v->settings.topics[TOPIC_REQUESTED], &event, e);
	json_decref(data);
	return r;
}

static int replay_one(struct replaying *v, const struct failure *one, struct err *e)
{
	enum replay_verdict verdict;
	char key[IDS_KEY_SIZE];
	int r = judge(v, one, &verdict, e);

	if (r == OK && verdict == REPLAY_GO && !v->o.dry_run)
		r = put(v, one, e);
	if (r == OK)
		replaying_tell(v, ids_key(one->tenant, one->invite, key), verdict, NULL);
	return r;
}

int replay_errors(struct replaying *v, struct err *e)
{
	struct kafka_span span = { .topic = v->settings.topics[TOPIC_STATUS],
				   .since_ms = v->since_ms };
	struct failures failures;
	int r;

	failures_init(&failures, v->o.code, v->o.tenant);
	r = scan_topic(&v->settings, &span, take, &failures, e);
	for (size_t i = 0; i < failures.count && r == OK && !replaying_full(v); i++)
		if (!failures.list[i].moved_on)
			r = replay_one(v, &failures.list[i], e);
	failures_clear(&failures);
	return r;
}
