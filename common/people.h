/*
 * people - who is to be invited: the rows of a CSV file, or addresses from the command line.
 *
 * The first row of a file names its columns, in any case and order, with or without spaces,
 * underscores and hyphens. A column that comes twice is an error, one that is nearly a known one,
 * too; others are passed over and can be named. Empty rows are passed over.
 */
#ifndef BECKON_PEOPLE_H
#define BECKON_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "csv_file.h"
#include "err.h"

#define PEOPLE_MAX 1000000

enum column {
	COLUMN_EMAIL,
	COLUMN_NAME,
	COLUMN_PHONE,
	COLUMN_ROLE,
	COLUMN_DEPARTMENT,
	COLUMN_TEAMS, /* several, separated by comma, semicolon or bar; or a line each, if an empty
			 one goes first */
	COLUMN_LOCALE,
	COLUMN_TIMEZONE,
	COLUMN_INVITE,
	COLUMN_USER,
	COLUMN_USERNAME, /* of password mails */
	COLUMN_COUNT,
	COLUMN_NONE = COLUMN_COUNT,
};

extern const char *const column_names[COLUMN_COUNT];

/* Why a row cannot be sent. */
struct trouble {
	const char *code; /* of schemas/errors.json; NULL = the row is good */
	enum column column;
	char *text;
};

struct person {
	int64_t row;		   /* as a spreadsheet counts; 1, 2, ... on the command line */
	char *cells[COLUMN_COUNT]; /* NULL = empty */
	char *identity; /* normal form of the address they are known by; NULL = not looked at */
	struct trouble trouble; /* the first one */
};

struct people {
	struct person *list;
	size_t count;
	struct buf unused; /* names of columns passed over, ", " between them */
	char batch[17];	   /* a name for exactly this list: the same content has the same name */
};

void people_init(struct people *p);
void people_clear(struct people *p);

/* ERR_INVALID: no usable list, told with the row or column; ERR_FATAL: the file cannot be read. */
int people_read_csv(struct people *p, const char *path, struct err *e);

/* The same of a file's bytes. */
int people_read_csv_text(struct people *p, struct csv_text text, struct err *e);

/* One more, without anything; NULL with e where there are too many. Moves with the next one. */
struct person *people_new(struct people *p, int64_t row, struct err *e);

/* Names the list: the same bytes give the same name. */
void people_name(struct people *p, const void *bytes, size_t len);

/* Adds addresses and phone numbers, separated by comma, semicolon or white space; what has no @ and
   begins with + or a digit is a number, and may have spaces. now_ms makes the list's name. */
int people_add(struct people *p, const char *whom, int64_t now_ms, struct err *e);

/* The first trouble of a row stays; text is copied. */
void person_trouble(struct person *p, const char *code, enum column column, const char *text);

#endif
