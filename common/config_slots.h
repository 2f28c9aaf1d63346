/*
 * config_slots - the keys of a program while they are being set.
 *
 * Part of config: a slot is one key of one table with the place where its value lives and what
 * --show tells about it. The three sources name a key in three spellings and meet here.
 */
#ifndef BECKON_CONFIG_SLOTS_H
#define BECKON_CONFIG_SLOTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "err.h"

#define SLOT_NAME_MAX 128 /* bytes of a key's name in any spelling, with its NUL */

enum spelling {
	SPELLING_DOTTED,   /* redis.url */
	SPELLING_VARIABLE, /* BECKON_REDIS_URL */
	SPELLING_FLAG,	   /* --redis-url */
};

struct slot {
	const struct config_key *key;
	void *field;
	char *shown;  /* the effective value, masked; not for a MAP */
	char *origin; /* where it came from */
	char *path;   /* of a SECRET, or NULL */
};

struct config {
	const struct config_program *program; /* while it is loaded */
	struct slot *slots;
	size_t count;
};

/* What somebody set, in the words of the place where it stands. */
struct setting {
	const char *place; /* "beckon.yaml:7", "environment", "command line" */
	enum spelling spelling;
	const char *name;
	const json_t *value;
	const char *const *also; /* other names known there, NULL at the end; may be NULL */
};

struct config *config_slots_new(const struct config_program *p);
void config_slots_free(struct config *c); /* and the values; takes NULL */

/* The name under which a slot is set (a SECRET's ends in _file); returns out. */
const char *slot_spell(const struct slot *s, enum spelling spelling, char out[SLOT_NAME_MAX]);

/* The slot that a name means. pair becomes the pair's name for a name below a MAP, else "".
   NULL = nobody knows the name. */
struct slot *slot_find(const struct config *c, enum spelling spelling, const char *name,
		       char pair[SLOT_NAME_MAX]);

/* Whether a dotted name is no key but has keys below it, or is a MAP or below one. */
bool slot_is_section(const struct config *c, const char *name);

/* Sets a slot's value and remembers where it came from. ERR_INVALID with the whole line. */
int slot_set(struct slot *s, const char *pair, const struct setting *from, struct err *e);

/* Finds the slot and sets it; a name of another program is passed over. ERR_INVALID with the whole
   line: the place, the key, the value, and the nearest known key where there is no such key. */
int config_apply(struct config *c, const struct setting *s, struct err *e);

/* The error for a name that nobody knows: ERR_INVALID. */
int config_unknown(const struct config *c, const struct setting *s, struct err *e);

#endif
