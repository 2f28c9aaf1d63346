/*
 * letter - one e-mail, from the facts of a delivery to the bytes handed to a relay.
 *
 * multipart/alternative, text first. The same delivery gives the same Message-ID, Date and
 * boundary on every turn. Every header is built here, through one function that refuses CR, LF,
 * NUL and control characters and encodes non-ASCII by RFC 2047; nothing a requester wrote can
 * create a header. CRLF line ends only, no line over 998 octets, no bare CR or LF, no LF.LF.
 */
#ifndef BECKON_LETTER_H
#define BECKON_LETTER_H

#include <jansson.h>
#include <stdint.h>

#include "buf.h"
#include "catalog.h"
#include "err.h"

#define LETTER_MAX_BYTES ((size_t)2000000) /* a rendered mail's cap; more is too_large */
#define LETTER_COLOUR "#1d4ed8"

/* Who it comes from: fleet's configuration under the tenant's settings. */
struct letter_sender {
	const char *from_name;	  /* used where the request names no organisation */
	const char *from_address; /* ASCII, checked */
	const char *reply_to;	  /* NULL = none */
	const char *contact;	  /* shown in the mail; an address or URL; NULL = none */
	const char *id_domain;	  /* right side of Message-ID */
	const char *brand_colour; /* "#rrggbb"; NULL, or too light for white text on it =
				     LETTER_COLOUR */
};

struct letter_facts {
	const char *delivery;		 /* "<tenant>/<invite>.<generation>.<channel>.<n>" */
	const char *to;			 /* envelope address, normalised, ASCII */
	const char *link;		 /* whole URL with the token; NULL: the template has none */
	const char *username, *password; /* of a password mail; else NULL. Where there is a password
					    letter_build's out is a secret buffer */
	const char *locale;		 /* wanted, may be NULL */
	const char *default_locale;
	const char *timezone; /* IANA name; NULL or unknown = default_timezone */
	const char *default_timezone;
	int64_t date_ms; /* pinned by the first claim */
	int64_t now_ms;
	int64_t expires_ms;	  /* when the link ends; 0 = it has none */
	int64_t template_version; /* at least this one; 0 = whatever holds */
	const json_t *data;	  /* data of invite.requested (contract), borrowed */
};

/* What the outcome tells about the template used. */
struct letter_used {
	const char *name, *locale, *sha256; /* live as long as the catalog */
	unsigned version;
};

/* The name of the template that a request (its data) asks for: its kind's unless it says so. */
const char *letter_template_name(const json_t *data);

/* That template; NULL = there is none (catalog.h). Reminders (n of the delivery over 0) are made of
   the template "reminder", where the request names none and it has this part. */
#define LETTER_REMINDER "reminder"
const struct catalog_entry *letter_template(const struct catalog *c, const struct letter_facts *f,
					    enum part part);

/* Appends the message to out. On ERR_INVALID, *code is an error code of schemas/errors.json
   (template_missing, render_failed, too_large) and out is as it was. Thread-safe. */
int letter_build(const struct catalog *c, const struct letter_sender *s,
		 const struct letter_facts *f, struct buf *out, struct letter_used *used,
		 const char **code, struct err *e);

/* What the template says about one recipient, where the variables (deploy/templates/README.md)
   are there already: letter_build's second half. f->data and f->link are not read. */
struct letter_content {
	const struct catalog_entry *entry;
	const json_t *vars;
};

int letter_compose(const struct letter_content *content, const struct letter_sender *s,
		   const struct letter_facts *f, struct buf *out, const char **code, struct err *e);

/* base32(sha256(delivery)): the ENVID (RFC 3461), and how receipts name the mail. */
#define LETTER_ENVID_SIZE 53
void letter_envid(const char *delivery, char out[LETTER_ENVID_SIZE]);

/* "<envid@domain>" without the angle brackets. */
void letter_message_id(const char *delivery, const char *domain, struct buf *out);

#endif
