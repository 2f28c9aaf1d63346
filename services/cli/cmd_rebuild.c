#include "cmd_rebuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "cli.h"
#include "config.h"
#include "mem.h"
#include "now.h"
#include "progress.h"
#include "rebuild.h"
#include "redis.h"
#include "settings.h"
#include "settings_topic.h"
#include "term.h"

#define TELL_MS 500	  /* between two lines of progress */
#define PATIENCE_MS 30000 /* nothing answers for so long: we give up */

struct rebuild_words {
	bool json, force;
};

#define AT(member) offsetof(struct rebuild_words, member)
static const struct arg list[] = {
	{ "force", ARG_FLAG, AT(force), NULL,
	  "also where Redis is whole: what it knows is thrown away", 0, 0 },
	{ "json", ARG_FLAG, AT(json), NULL, "one JSON object a line", 0, 0 },
};
#undef AT

static const struct args args = {
	"rebuild",
	"[OPTION...]",
	"Makes Redis anew from the topics where it has lost its memory, and shows how far that is. "
	"Needs the\n"
	"services' configuration (--config FILE). Where somebody else is at it already, a "
	"beckon-status or\n"
	"another of these, it waits for them. Exit code: 0 Redis is whole, 69 Kafka or Redis does "
	"not answer,\n"
	"1 there is nothing to make it from.",
	list,
	ARRAY_LEN(list),
	.settings = true,
};

/* A run of the command. */
struct rebuilding {
	struct rebuild_words words;
	struct settings *settings;
	struct guard *guard;
	struct rebuild *rebuild;
	struct tenants *tenants;
	struct keyring *ring;
	char *recipient_key;
	char by[REFILL_NAME_SIZE];
	struct progress rate;
	char phase[16]; /* that rate is of */
	int64_t told_ms, answered_ms;
};

/* ---- what is shown ---- */

static void show_json(const struct rebuilding *v, const struct refill_progress *p, int64_t now)
{
	int64_t left_ms = p->total ? progress_left_ms(&v->rate, p->done, now) : -1;

	cli_json(json_pack("{sssssbsIsIsfsI}", "phase", p->phase, "by", p->by, "mine",
			   !strcmp(p->by, v->by), "done", (json_int_t)p->done, "total",
			   (json_int_t)p->total, "rate", progress_rate(&v->rate, p->done, now),
			   "left_ms", (json_int_t)left_ms));
}

static void show_line(const struct rebuilding *v, const struct refill_progress *p, int64_t now)
{
	char text[PROGRESS_TEXT_SIZE] = "", line[PROGRESS_TEXT_SIZE + REFILL_NAME_SIZE + 32];

	if (!strcmp(p->phase, "waiting") && p->total)
		snprintf(text, sizeof(text), "%lld s left for what is being sent",
			 (long long)(p->total - p->done + 999) / 1000);
	else if (p->total)
		progress_text(&v->rate, p->done, now, text);
	if (strcmp(p->by, v->by) != 0)
		snprintf(line, sizeof(line), "%s is at it: %s %s", p->by, p->phase, text);
	else
		snprintf(line, sizeof(line), "%s %s", p->phase, text);
	if (term_is_live())
		term_progress(line);
	else
		fprintf(stderr, "%s\n", line);
}

static void show(struct rebuilding *v, int64_t now)
{
	const struct refill_progress *p = rebuild_progress(v->rebuild);
	bool other = strcmp(v->phase, p->phase) != 0;

	if (other) {
		text_put(v->phase, sizeof(v->phase), p->phase);
		progress_init(&v->rate, p->total, now);
	}
	v->rate.total = p->total;
	progress_mark(&v->rate, p->done, now);
	if (!p->phase[0] || (!other && now - v->told_ms < TELL_MS))
		return;
	v->told_ms = now;
	if (v->words.json)
		show_json(v, p, now);
	else
		show_line(v, p, now);
}

static void show_end(const struct rebuilding *v, bool mine)
{
	const struct rebuild_sum *s = rebuild_sum(v->rebuild);
	char invites[GROUPED_SIZE], parked[GROUPED_SIZE];

	if (!v->words.json)
		term_progress("");
	if (v->words.json)
		cli_json(json_pack("{sssbsIsIsIsI}", "phase", "whole", "mine", mine, "invites",
				   (json_int_t)s->invites, "parked", (json_int_t)s->parked,
				   "records", (json_int_t)s->records, "took_ms",
				   (json_int_t)s->took_ms));
	else if (mine)
		printf("Redis is whole: %s invites, of which %s wait, made anew in %.1f s.\n",
		       progress_grouped(s->invites, invites), progress_grouped(s->parked, parked),
		       (double)s->took_ms / 1000);
	else
		puts("Redis is whole.");
}

/* ---- doing it ---- */

/* One step; *status is set where that was the last one. */
static bool step(struct rebuilding *v, int *status)
{
	enum rebuild_answer answer = REBUILD_BUSY;
	int64_t again_ms = TELL_MS, now = now_mono_ms();
	struct err e;
	int r = redis_connected(guard_redis(v->guard)) ? OK : guard_ready(v->guard, &e);

	if (r == OK || redis_connected(guard_redis(v->guard)))
		r = rebuild_step(v->rebuild,
				 &(struct rebuild_policy){ .tenants = v->tenants,
							   .recipient_key = v->recipient_key },
				 &answer, &again_ms, &e);
	if (r == OK)
		v->answered_ms = now;
	if (r && now - v->answered_ms > PATIENCE_MS) {
		*status = cli_fail("rebuild", ERR_AGAIN, &e);
		return false;
	}
	if (r)
		fprintf(stderr, "beckon rebuild: %s\n", e.text);
	show(v, now);
	if (answer == REBUILD_WHOLE || answer == REBUILD_DONE) {
		show_end(v, answer == REBUILD_DONE);
		*status = CLI_GOOD;
		return false;
	}
	if (answer == REBUILD_EMPTY) {
		err_set(&e, ERR_INVALID,
			"no outcome was ever told: beckon init begins a new "
			"installation");
		*status = cli_fail("rebuild", ERR_INVALID, &e);
		return false;
	}
	usleep((useconds_t)again_ms * 1000);
	return true;
}

/* What stands in the way is told once; whoever is away may come back. */
static int begin(struct rebuilding *v, struct err *e)
{
	int r = guard_ready(v->guard, e);

	if (!redis_connected(guard_redis(v->guard)))
		return ERR_AGAIN;
	if (r == OK && v->words.force)
		return refill_condemn(v->guard, e);
	return OK;
}

static int run(struct rebuilding *v, int *status, struct err *e)
{
	v->answered_ms = now_mono_ms();
	if (begin(v, e))
		return ERR_AGAIN;
	while (step(v, status))
		;
	return OK;
}

/* ---- what it needs ---- */

static int open_tenants(struct rebuilding *v, struct err *e)
{
	struct settings_view *view;
	int r = settings_topic_read(&view, v->settings, e);

	if (r)
		return r;
	v->tenants = settings_view_tenants(view);
	settings_view_free(view);
	return OK;
}

static int open_keys(struct rebuilding *v, struct err *e)
{
	const struct settings *s = v->settings;

	if (!s->recipient_file)
		return err_set(e, ERR_FATAL,
			       "keys.recipient_file is not set: give the services' --config FILE");
	if (s->ring_file && keyring_load(&v->ring, s->ring_file, e))
		return ERR_FATAL;
	return config_secret_read(s->recipient_file, &v->recipient_key, e);
}

static void open_rebuild(struct rebuilding *v)
{
	const struct settings *s = v->settings;
	struct rebuild_options o = {
		.pass = { .guard = v->guard,
			  .ring = v->ring,
			  .topic_requested = s->topics[TOPIC_REQUESTED],
			  .topic_email = s->topics[TOPIC_EMAIL],
			  .topic_sms = s->topics[TOPIC_SMS],
			  .event_memory_ms = s->event_memory_ms,
			  .delivery_memory_ms = s->delivery_memory_ms },
		.kafka = s->kafka,
		.topic_status = s->topics[TOPIC_STATUS],
		.wait_ms = s->rebuild_wait_ms,
		.share = s->rebuild_share,
		.by = v->by,
	};
	char host[64] = "";

	gethostname(host, sizeof(host) - 1);
	snprintf(v->by, sizeof(v->by), "%s/%ld", host, (long)getpid());
	v->rebuild = rebuild_open(&o);
}

static int open_all(struct rebuilding *v, struct err *e)
{
	int r = settings_guard(v->settings, "beckon-rebuild", &v->guard, e);

	if (r == OK)
		r = open_keys(v, e);
	if (r == OK)
		r = open_tenants(v, e);
	if (r == OK)
		open_rebuild(v);
	return r;
}

static void close_all(struct rebuilding *v)
{
	rebuild_close(v->rebuild);
	guard_free(v->guard);
	tenants_free(v->tenants);
	keyring_free(v->ring);
	config_secret_free(v->recipient_key);
	settings_close(v->settings);
}

int cmd_rebuild(int argc, char **argv)
{
	struct settings s;
	struct rebuilding v = { .settings = &s };
	struct arg_words words = { 0 };
	struct err e;
	int status = CLI_GOOD, r;

	if (args_end(&args, argc, argv, &v.words, &words, &status))
		return status;
	if (settings_open(&s, &words.settings, &e))
		return cli_fail("rebuild", ERR_FATAL, &e);
	r = open_all(&v, &e);
	if (r == OK)
		r = run(&v, &status, &e);
	close_all(&v);
	return r ? cli_fail("rebuild", r, &e) : status;
}
