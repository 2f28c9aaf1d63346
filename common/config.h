/*
 * config - what may be set, where it comes from, and what it became.
 *
 * A program is one or more tables of keys; each table fills a plain struct. Later wins: the
 * default, the YAML files (--config FILE in their order, or else BECKON_CONFIG), the environment,
 * the command line. The key redis.url is written
 *
 *	redis: {url: ...}      in a file
 *	BECKON_REDIS_URL=...   in the environment (empty = not set)
 *	--redis-url ...        as a flag, also --redis-url=... and --set redis.url=...
 *
 * What nobody knows is an error that names the place, the key, its value and the nearest known
 * key; so is a value that does not fit. Every error is ERR_FATAL with one line of text; the
 * program then ends with CONFIG_EXIT. Values that look like passwords are never printed.
 */
#ifndef BECKON_CONFIG_H
#define BECKON_CONFIG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define CONFIG_EXIT 78		/* EX_CONFIG of sysexits.h */
#define CONFIG_DONE 1		/* config_load has answered: nothing is left to do */
#define CONFIG_TEXT_MAX 4096	/* bytes of one scalar value */
#define CONFIG_LIST_MAX 1024	/* items of a list or a map */
#define CONFIG_SECRET_MAX 65536 /* bytes of a secret's file */

struct config_list {
	char **items;
	size_t count;
};

struct config_durations {
	int64_t *ms;
	size_t count;
};

struct config_pair {
	char *name, *value;
	char *origin; /* where it was set, for --show */
};

struct config_map {
	struct config_pair *pairs;
	size_t count;
};

enum config_type {
	CONFIG_TYPE_STRING,
	CONFIG_TYPE_INT,
	CONFIG_TYPE_BOOL,
	CONFIG_TYPE_DURATION,
	CONFIG_TYPE_BYTES,
	CONFIG_TYPE_LIST,
	CONFIG_TYPE_DURATION_LIST,
	CONFIG_TYPE_MAP,
	CONFIG_TYPE_OBJECT,
	CONFIG_TYPE_SECRET,
	CONFIG_TYPE_COUNT,
};

/* The type and offset of field f in struct s, for a key's initialiser:
   { CONFIG_INT(struct settings, sessions), .name = "email.sessions", ... }. A field of another C
   type does not compile. */
#define CONFIG_FIELD(s, f, ctype) (offsetof(s, f) + 0 * sizeof(_Generic(((s *)0)->f, ctype : 1)))

#define CONFIG_STRING(s, f) .type = CONFIG_TYPE_STRING, .offset = CONFIG_FIELD(s, f, char *)
#define CONFIG_INT(s, f) .type = CONFIG_TYPE_INT, .offset = CONFIG_FIELD(s, f, int64_t)
#define CONFIG_BOOL(s, f) .type = CONFIG_TYPE_BOOL, .offset = CONFIG_FIELD(s, f, bool)
/* "250ms", "5s", "1m", "2h", "7d": milliseconds */
#define CONFIG_DURATION(s, f) .type = CONFIG_TYPE_DURATION, .offset = CONFIG_FIELD(s, f, int64_t)
/* "512", "64KiB", "4MiB", "1GiB": bytes */
#define CONFIG_BYTES(s, f) .type = CONFIG_TYPE_BYTES, .offset = CONFIG_FIELD(s, f, int64_t)
/* a YAML sequence of scalars, or "a, b, c" */
#define CONFIG_LIST(s, f) .type = CONFIG_TYPE_LIST, .offset = CONFIG_FIELD(s, f, struct config_list)
#define CONFIG_DURATION_LIST(s, f)                                                                 \
	.type = CONFIG_TYPE_DURATION_LIST, .offset = CONFIG_FIELD(s, f, struct config_durations)
/* Free names below the key: kafka.bootstrap.servers is the pair bootstrap.servers of the map
   kafka. As variable and flag: BECKON_KAFKA_BOOTSTRAP_SERVERS, --kafka-bootstrap-servers. Sources
   are merged pair by pair; a table's own key below the map's name goes before the map. */
#define CONFIG_MAP(s, f) .type = CONFIG_TYPE_MAP, .offset = CONFIG_FIELD(s, f, struct config_map)
/* a subtree as it stands; the last source has the whole. Text is read as YAML. */
#define CONFIG_OBJECT(s, f) .type = CONFIG_TYPE_OBJECT, .offset = CONFIG_FIELD(s, f, json_t *)
/* The key redis.password is set as redis.password_file: the path of a file whose content, less one
   line end, is the value; a path without a leading slash is looked for in CREDENTIALS_DIRECTORY,
   where systemd puts what a unit is handed, if that is set. NULL when no path is set. */
#define CONFIG_SECRET(s, f) .type = CONFIG_TYPE_SECRET, .offset = CONFIG_FIELD(s, f, char *)

struct config_key {
	enum config_type type;
	size_t offset;
	const char *name;     /* dotted, lower case, words joined by _ */
	const char *fallback; /* the default as text; NULL = none (zero, NULL, empty) */
	bool required;	      /* must be set by somebody */
	int64_t min, max; /* INT, DURATION, BYTES, items of DURATION_LIST; max < min = no maximum */
	const char *const *words; /* STRING and items of LIST: the allowed ones, NULL at the end */
	const char *help;	  /* one sentence */
};

struct config_table {
	const struct config_key *keys;
	size_t count;
	void *base; /* the zeroed struct that the offsets belong to */
	/* What no single key can tell; may be NULL. Part of --check. A text that begins with a
	   key's name gets the place where that was set before it. */
	int (*check)(const void *base, struct err *e);
};

struct config_program {
	const char *name;    /* "beckon-email" */
	const char *summary; /* what it does, one sentence, for --help */
	const struct config_table *tables;
	size_t table_count;
	/* The names of all keys that any program of the same file knows, NULL at the end
	   (config_fleet); those that are in no table here are passed over. May be NULL. */
	const char *const *fleet;
};

struct config;

/* Fills the tables' structs. argv as main got it, NULL at the end. Returns OK, or CONFIG_DONE when
   --help, --help-markdown, --version, --check or --show has been answered on standard output (*out
   is NULL then), or ERR_FATAL. The keys and the structs must live as long as *out. */
int config_load(struct config **out, const struct config_program *p, char **argv, struct err *e);

/* Reads the secrets' files again and replaces the values: pointers taken before are dead. On
   failure (ERR_FATAL) every value stays as it was. */
int config_reload_secrets(struct config *c, struct err *e);

/* Frees what is in the structs, too, and zeroes it. Takes NULL. */
void config_free(struct config *c);

/* For what is inside OBJECT keys: a text, number or true-or-false as text; NULL when v is none of
   them. Numbers are written to tmp. */
const char *config_scalar(const json_t *v, char tmp[32]);

/* Reads a file as a SECRET key does, for the secrets inside OBJECT keys. The caller frees *out,
   best through config_secret_free. ERR_FATAL: unreadable, empty, too large, or holding NUL. */
int config_secret_read(const char *path, char **out, struct err *e);
void config_secret_free(char *secret); /* wiped first; takes NULL */

#endif
