/*
 * follow - what becomes of a set of invites: their last outcome, until each has a final one.
 */
#ifndef BECKON_FOLLOW_H
#define BECKON_FOLLOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "told.h"

struct followed {
	bool told, final;
	enum outcome_word word;
	char words[TOLD_WORDS_SIZE];
	char *code; /* NULL = none */
	int doubts; /* how often `unknown` */
};

struct follow {
	json_t *places; /* "tenant/invite" -> its place in list */
	struct followed *list;
	size_t count, open;	  /* not final yet */
	size_t tally[WORD_COUNT]; /* how many have which last word */
};

void follow_init(struct follow *f);
void follow_clear(struct follow *f);

/* Adds an invite; its place is the number of those before. An invite that is there already shares
 * nothing. */
void follow_add(struct follow *f, const char *tenant, const char *invite);

/* Takes an outcome. False: it is of no invite followed, or adds nothing. A final word stays. */
bool follow_take(struct follow *f, const struct told *t);

#endif
