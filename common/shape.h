/*
 * shape - JSON objects checked against tables, and filled into a C struct.
 *
 * A shape lists the fields of an object; a field says what its value must be and where it goes.
 * The first fault ends the walk with an error code, a JSON pointer (RFC 6901) and a text that name
 * field and rule, never a value. Unknown fields are refused, by name where the name is plain enough
 * to be repeated. What is stored are pointers into the JSON: nothing is copied.
 */
#ifndef BECKON_SHAPE_H
#define BECKON_SHAPE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define SHAPE_DEPTH_MAX 4
#define SHAPE_FIELDS_MAX 32
#define SHAPE_KEY_MAX 64 /* characters of a name in a map */
#define SHAPE_WHERE_SIZE 128

/* What a string must look like, and how that is said. */
struct form {
	bool (*ok)(const char *s, size_t len);
	const char *rule;
};

struct walk {
	void *out; /* the struct that is filled */
	struct err *e;
	const char *code;	      /* set with the first fault */
	char where[SHAPE_WHERE_SIZE]; /* "" = the object as a whole */
	struct {
		const char *name; /* NULL = index counts */
		size_t index;
	} path[SHAPE_DEPTH_MAX];
	int depth;
};

struct field {
	const char *name;
	uint8_t name_len;
	bool required;
	/* Checks v and stores it; a shape_ function below or the caller's own. */
	int (*check)(struct walk *w, const struct field *f, const json_t *v);
	size_t at;		  /* offset in the struct; 0 = not kept */
	size_t at_more;		  /* a second place, for the caller's own checks */
	int64_t min, max;	  /* characters, items, members or value */
	const char *code;	  /* of a fault here; NULL = schema_invalid */
	const char *missing;	  /* code where a required field is absent; NULL = schema_invalid */
	const struct form *form;  /* of a string; of a map's names */
	const char *const *words; /* of an enum, NULL-terminated */
	const struct field *item; /* of an array's items; of a map's values */
	const struct shape *object;
};

struct shape {
	const struct field *fields;
	size_t count; /* at most SHAPE_FIELDS_MAX */
	/* Rules over several fields, asked when each is fine by itself; NULL = none. */
	int (*also)(struct walk *w, const json_t *object);
};

#define SHAPE_FIELD(literal) .name = literal, .name_len = sizeof(literal) - 1

/* Walks object. out is filled as far as the walk came. */
int shape_check(struct walk *w, const struct shape *s, const json_t *object);

/*
 * Checks for struct field, and what they store at f->at: a string const char *, a word unsigned
 * (the index of an enum), an integer int64_t (3.0 is one), true a bool (false is refused), a time
 * int64_t in ms, an array or a map const json_t *. A scalar (string, number or boolean) and an
 * object, whose fields have places of their own, store nothing.
 */
int shape_string(struct walk *w, const struct field *f, const json_t *v);
int shape_word(struct walk *w, const struct field *f, const json_t *v);
int shape_int(struct walk *w, const struct field *f, const json_t *v);
int shape_true(struct walk *w, const struct field *f, const json_t *v);
int shape_time(struct walk *w, const struct field *f, const json_t *v);
int shape_scalar(struct walk *w, const struct field *f, const json_t *v);
int shape_object(struct walk *w, const struct field *f, const json_t *v);
int shape_array(struct walk *w, const struct field *f, const json_t *v);
int shape_map(struct walk *w, const struct field *f, const json_t *v);

/* Ends the walk: sets code and where, writes the text. member names a field of the object the walk
   is in, NULL = where it stands. Returns ERR_INVALID. */
int shape_refuse(struct walk *w, const char *member, const char *code, const char *rule);

#endif
