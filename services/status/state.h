/*
 * state - how an invite stands, as people and readers of invite-state see it: (state, fact) ->
 * state.
 *
 * Pure. Facts may come in any order and any number of times and give the same state. Of two words
 * the one of the higher (generation, turn, rank) stands; reminders and what changes no state count
 * as history only. Whom it is about (kind, recipient's mask and hash, role ...) is taken from the
 * newest generation that tells all of it; how it travels (channel, provider, template) from the
 * last word of its delivery. Nothing here names a person.
 *
 * Written it is the value behind v: in Redis: a line of numbers, with which folding goes on, and
 * the JSON that is shown and told on topic invite-state, which is parsed again only where a fact
 * leaves some of its members as they were.
 */
#ifndef BECKON_STATE_H
#define BECKON_STATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "fact.h"
#include "view_query.h"

#define STATE_MAX_BYTES ((size_t)96 << 10) /* an outcome's members and a few numbers */

/* Which of two words stands: compared from left to right. */
struct state_place {
	int64_t generation, turn, rank;
};

/* An outcome whose members hold: in hand, or in the JSON that was read. */
struct state_source {
	json_t *root; /* owned */
	bool read;
};

void state_source_clear(struct state_source *at);

/* All zero = nothing is known. */
struct state {
	int64_t version;	    /* of what stands in Redis; 0 = nothing does */
	struct state_place place;   /* of the word that decides; generation 0 = none has come */
	enum outcome_word word;	    /* that one */
	struct state_place carried; /* of the delivery's last word */
	int64_t about_generation;
	struct state_source last, carrier, about; /* of the word, the delivery, the request */
	int64_t requested_ms, invited_ms; /* first heard of; first sent, in any generation */
	/* Of this generation; 0 = has not been. */
	int64_t sent_ms, delivered_ms, expires_ms, updated_ms, attempts, reminders;
	int64_t forgotten;	/* the generation with which the person was erased; 0 = was not */
	int64_t asked_again_ms; /* of this generation: the person wants another one */
	/* As it was read; root is made of json when it is first asked for. */
	struct {
		char *json, *code, *batch;
		json_t *root;
	} read;
};

/* True: this fact, or the same one once more, is the word that decides now, or is shown beside it.
 */
bool state_fold(struct state *s, const struct fact *f);

/* The person is erased: of this generation and those before nothing is shown. */
void state_forget(struct state *s);
bool state_is_forgotten(const struct state *s);

/* VIEW_STATUSES = it has none yet: only answers to events were told. */
enum view_status state_status(const struct state *s);

/* Why the word that decides was told, and the batch it belongs to; NULL = none. Borrowed. */
const char *state_code(const struct state *s);
const char *state_batch(const struct state *s);

/* Appends the value; its version is one more than was read. */
void state_write(struct state *s, const char *tenant, const char *invite, struct buf *out);

/* ERR_INVALID: it is none of ours. */
int state_read(const char *bytes, size_t len, struct state *out, struct err *e);

/* The numbers and the word of a value, without its members: nothing is to be cleared. False: it is
   none of ours. */
bool state_peek(const char *bytes, struct state *out);

/* The JSON within a value, NUL-terminated as it is. */
const char *state_json(const char *bytes);

void state_clear(struct state *s);

#endif
