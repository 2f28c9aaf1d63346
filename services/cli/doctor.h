/*
 * doctor - what an installation is asked, one function a patient, and how each answer is judged.
 *
 * A finding is a line: ok, warn or bad, what was looked at, and what to do about it. warn = works,
 * with a promise weakened; bad = a promise is broken or will be.
 */
#ifndef BECKON_DOCTOR_H
#define BECKON_DOCTOR_H

#include "settings.h"
#include "topics.h"

enum judgement { FINDING_OK, FINDING_WARN, FINDING_BAD };

struct findings {
	bool no_kafka; /* it has been told that Kafka is away: nobody waits for it once more */
	/* remedy is "" where all is well. */
	void (*add)(void *ctx, enum judgement j, const char *what, const char *remedy);
	void *ctx;
};

/* Each topic is there, has the broker's clock, and keeps what it holds long enough. False: Kafka
   does not answer. */
bool doctor_topics(const struct settings *s, const struct findings *f);
/* Redis is the primary, new enough, writes everything down and evicts nothing; its epoch is there;
   its clock is ours. */
void doctor_redis(const struct settings *s, const struct findings *f);
/* A rebuild waits for as long as what is being sent may take. */
void doctor_times(const struct settings *s, const struct findings *f);
/* Nothing is long overdue: a clock runs. */
void doctor_clock(const struct settings *s, const struct findings *f);
/* Whether something has been stopped on purpose, and may have been forgotten. */
void doctor_pauses(const struct settings *s, const struct findings *f);
/* Each relay answers EHLO, with TLS and AUTH as configured. */
void doctor_relay(const struct settings *s, const struct findings *f);
/* Keys can be read and are well-formed, and files with secrets are their owner's alone. */
void doctor_keys(const struct settings *s, const struct findings *f);
/* Who may tell what became of messages can be believed and reaches us, and whatever a provider
   promises to tell has somebody who listens. */
void doctor_receipts(const struct settings *s, const struct findings *f);
/* A file with a secret is its owner's alone; a relative name is looked for as the services do. */
void doctor_mode(const char *what, const char *file, const struct findings *f);
/* Templates compile, and every tenant's language has them, with tenants' own ones above the
   installation's; where there are SMS providers, with a text for SMS. */
void doctor_templates(const struct settings *s, const struct findings *f);
/* Tenants' settings are right, and their mail can be sent and answered. */
void doctor_tenants(const struct settings *s, const struct findings *f);

/* Does a topic keep what its rule asks for? Pure. */
enum judgement doctor_judge_retention(const struct topic_rule *rule, const char *cleanup,
				      const char *retention_ms);

/* How far Redis' clock is from ours, for good or bad. Pure. */
enum judgement doctor_judge_skew(int64_t skew_ms);

/* Is this version of Redis ("7.0.15") one that the scripts run on? Pure. */
bool doctor_redis_new_enough(const char *version);

#endif
