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
	/* remedy is "" where all is well. */
	void (*add)(void *ctx, enum judgement j, const char *what, const char *remedy);
	void *ctx;
};

/* Each topic is there, has the broker's clock, and keeps what it holds long enough. */
void doctor_topics(const struct settings *s, const struct findings *f);
/* Redis is the primary, writes everything down and evicts nothing; its epoch is there. */
void doctor_redis(const struct settings *s, const struct findings *f);
/* The relay answers EHLO, with TLS and AUTH as configured. */
void doctor_relay(const struct settings *s, const struct findings *f);

/* Does a topic keep what its rule asks for? Pure. */
enum judgement doctor_judge_retention(const struct topic_rule *rule, const char *cleanup,
				      const char *retention_ms);

#endif
