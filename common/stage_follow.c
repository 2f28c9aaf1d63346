/* The settings as the skeleton follows them: what holds now, what is paused, and who is told. */
#include "stage_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "now.h"

struct stage_follow {
	struct settings_follow *follow;
	struct kafka_property *kafka; /* what its client is made with */
	struct settings_now now;
	unsigned count; /* changes so far */
	bool known;	/* the topic has been read to its end */
	char why[256];
	char note[160];
	struct metric *paused[PAUSE_SCOPES];
};

static void open_metrics(struct run *r)
{
	static const struct metric_family family = { METRIC_GAUGE, "beckon_paused",
						     "Pauses that hold, by what they stop." };

	for (int i = 0; i < PAUSE_SCOPES; i++) {
		const char *labels[] = { "scope", pause_scopes[i], NULL };

		r->follow->paused[i] = metrics_series(stage_metrics(r), &family, labels);
	}
}

int stage_follow(struct run *r, const json_t *base, struct err *e)
{
	struct stage_follow *f = xcalloc(1, sizeof(*f));
	struct settings_follow_options o = {
		.topic = stage_topic(r, STAGE_TOPIC_SETTINGS),
		.base = base,
		.wake_fd = r->wake_fd,
	};

	f->kafka = xcalloc(r->settings.kafka.count + 1, sizeof(*f->kafka));
	o.kafka = stage_kafka(r, f->kafka);
	if (settings_follow_open(&f->follow, &o, e) < 0) {
		free(f->kafka);
		free(f);
		return ERR_FATAL;
	}
	settings_follow_take(f->follow, &f->now);
	r->follow = f;
	open_metrics(r);
	return OK;
}

struct tenants *stage_tenants(const struct run *r)
{
	return r->follow->now.tenants;
}

struct pauses *stage_pauses(const struct run *r)
{
	return r->follow->now.pauses;
}

struct suppressions *stage_suppressions(const struct run *r)
{
	return r->follow->now.suppressions;
}

unsigned stage_settings_count(const struct run *r)
{
	return r->follow ? r->follow->count : 0;
}

static const struct pause *all_paused(const struct run *r)
{
	char key[PAUSE_KEY_SIZE];

	return pause_of(r->follow->now.pauses, pause_key(key, NULL, PAUSE_ALL, NULL), now_ms());
}

bool stage_paused(const struct run *r)
{
	return r->follow && (!r->follow->known || all_paused(r));
}

const char *stage_follow_look(struct run *r)
{
	struct stage_follow *f = r->follow;
	const struct pause *all;
	const char *why;

	if (!f)
		return NULL;
	why = settings_follow_waits(f->follow);
	if (settings_follow_take(f->follow, &f->now)) {
		f->count++;
		log_info("ev=settings count=%u", f->count);
	}
	f->known = !why;
	all = why ? NULL : all_paused(r);
	if (!why && !all)
		return NULL;
	snprintf(f->why, sizeof(f->why), "%s: %s", why ? "settings" : "paused",
		 why ? why : all->reason);
	return f->why;
}

const char *stage_follow_note(const struct run *r)
{
	struct stage_follow *f = r->follow;
	int64_t now = now_ms();
	size_t used = 0;

	if (!f)
		return "";
	f->note[0] = '\0';
	for (int i = PAUSE_TENANT; i < PAUSE_SCOPES; i++) {
		size_t n = pauses_count(f->now.pauses, (enum pause_scope)i, now);

		if (n)
			used += (size_t)snprintf(f->note + used, sizeof(f->note) - used,
						 "%s %s=%zu",
						 used ? "" : "paused:", pause_scopes[i], n);
	}
	return f->note;
}

void stage_follow_measure(struct run *r)
{
	int64_t now = now_ms();

	for (int i = 0; r->follow && i < PAUSE_SCOPES; i++)
		metric_set(r->follow->paused[i],
			   (double)pauses_count(r->follow->now.pauses, (enum pause_scope)i, now));
}

void stage_follow_close(struct run *r)
{
	struct stage_follow *f = r->follow;

	if (!f)
		return;
	settings_follow_close(f->follow);
	settings_now_clear(&f->now);
	free(f->kafka);
	free(f);
}
