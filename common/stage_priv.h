/*
 * stage_priv - what the files of the skeleton share. Included by stage*.c only.
 */
#ifndef BECKON_STAGE_PRIV_H
#define BECKON_STAGE_PRIV_H

#include "settings_follow.h"
#include "stage.h"
#include "watermark.h"

/* An assigned partition of the input. Outlives its revocation while works of it are undone. */
struct stage_part {
	struct stage_part *next;
	struct consumer_partition *assigned; /* NULL once revoked */
	struct watermark mark;
	struct work *ahead,
		**ahead_end; /* read, but too far ahead of the first undone offset; oldest first */
	size_t undone;
	int32_t partition;
};

struct run {
	const struct stage *stage;
	void *ctx;
	struct stage_settings settings;
	struct config *config;
	struct producer *producer;
	struct consumer *consumer;
	struct guard *guard;
	struct journal *journal;
	struct stage_health *health;
	struct stage_follow *follow;	   /* topic invite-settings; NULL = not followed */
	struct stage_templates *templates; /* topic invite-templates; likewise */
	int wake_fd, signal_fd;

	struct stage_part *parts;
	struct work *undone; /* every work in hand, newest first */
	size_t undone_count, undone_bytes;
	struct work *kept[STAGE_UNDONE_MAX]; /* read, not taken by the service yet, in order */
	size_t nkept;

	int64_t pulse_ms; /* told last; 0 = never */
	bool guard_ok, standing, stopping;
	struct err guard_why;
	int64_t drain_until_ms, guard_again_ms;
	char dying[256]; /* why the process ends after this turn; "" = it does not */
	char waits[256]; /* what readyz tells; "" = ready */
};

/* stage.c: the user's librdkafka properties; list has room for all of them. */
struct kafka_properties stage_kafka(const struct run *r, struct kafka_property *list);

/* stage_work.c */
/* A copy of rec, in the list of undone works until it ends. */
struct work *work_new(struct run *r, struct stage_part *part, const struct record *rec);
void work_drop(struct run *r, struct work *w); /* as if it had never been read */
void part_free_if_idle(struct run *r, struct stage_part *part);
void stage_on_acked(void *ctx, void *opaque, const char *error);
void stage_free_works(struct run *r);

/* stage_read.c */
int stage_open_consumer(struct run *r, struct err *e);
/* Reads each partition as far as there is credit. True: some gave all it was asked for, so there
 * may be more. */
bool stage_read(struct run *r);
/* Hands the service what was read and not taken yet. */
void stage_hand_over(struct run *r);

/* stage_loop.c */
int stage_loop(struct run *r); /* the exit status */

/* stage_follow.c */
/* Takes over what is new in the settings. Returns what stands in the way of working: they are not
   known yet, or everything is paused; NULL = nothing. */
const char *stage_follow_look(struct run *r);
/* What is paused, for /readyz beside "ready": "" = nothing. */
const char *stage_follow_note(const struct run *r);
void stage_follow_measure(struct run *r);
void stage_follow_close(struct run *r);

/* stage_templates.c */
/* Takes over what is new in tenants' templates. Why they are not known yet; NULL = they are. */
const char *stage_templates_look(struct run *r);
void stage_templates_close(struct run *r);

/* stage_pulse.c: tells the fleet, every few seconds, whether and how this process works */
void stage_pulse(struct run *r, const struct buf *metrics, const struct buf *routes,
		 int64_t now_mono_ms);

/* stage_health.c */
int stage_health_open(struct run *r, struct err *e);
void stage_health_publish(struct run *r); /* every turn: cheap unless there is news */
int stage_health_port(const struct run *r);
void stage_health_close(struct run *r);
struct metrics *stage_health_metrics(struct run *r);

#endif
