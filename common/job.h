/*
 * job - one delivery as it travels from the dispatcher to a courier.
 *
 * The value is JSON: what was decided, and under "data" the data of the request, byte for byte, so
 * that the dispatcher does not write again what it has only read. Turn and attempt travel as
 * headers: a job that waits is put back with the same value and other headers, and decide may add
 * JOB_AT_ONCE to one that waits. Format version 1; a courier refuses versions it does not know.
 */
#ifndef BECKON_JOB_H
#define BECKON_JOB_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "cloudevent.h"
#include "err.h"
#include "ids.h"
#include "record.h"

#define JOB_VERSION 1
#define JOB_AT_ONCE "beckon-at-once"	 /* header, "1" */
#define JOB_MAX_BYTES ((size_t)80 << 10) /* a request of 64 KiB and what was decided */
#define JOB_TTL_MAX_S 31536000		 /* of a link: a year */
#define JOB_HEADERS_MAX (CLOUDEVENT_HEADERS_MAX + 5)
#define JOB_PROVIDER_SIZE 33

/* Strings are borrowed: from the request when written, from root when read. */
struct job {
	struct delivery delivery;
	char id[IDS_DELIVERY_SIZE]; /* delivery as text */
	char invite_key[IDS_KEY_SIZE];
	const char *kind;
	const char *to;	    /* normalised address; a phone number as "+79051111111" */
	const char *region; /* of a phone number, ISO 3166-1 alpha-2; NULL = nobody has looked */
	const char *recipient_hash, *recipient_masked;
	const char *address_key; /* key behind a:, given up when the invite will not be sent */
	const char *request_source, *request_id;
	const char *link_base;
	int64_t ttl_s;
	int64_t requested_ms; /* when the dispatcher first saw the request */
	int64_t not_after_ms;
	int64_t expires_ms; /* reminders and a ladder's SMS: the end of the link, which they share;
			       0 = ttl_s from the claim on */
	const char *kid;    /* likewise the key that signed the link; NULL = the newest */
	bool ladder;	    /* the SMS that follows an e-mail: of the invitation, beside it */
	bool instead;	    /* the SMS that takes the place of an e-mail that was refused */
	int64_t timer_turn; /* of the timer that it arms; 0 = the generation's first */
	int64_t ladder_after_ms;  /* an e-mail's SMS follows so long after it; 0 = none does */
	int64_t template_version; /* at least this one of the template; 0 = whatever holds */
	bool at_once;		  /* somebody said "send now": no window holds it back */
	int64_t turn, attempt;	  /* 1-based; from the headers, 1 where absent */
	char provider[JOB_PROVIDER_SIZE]; /* who alone may send it, since it may have it already,
					     or is to be tested; "" = anybody */
	bool is_test;	 /* somebody tries a route or a template: nothing reminds of it */
	char waited[16]; /* why it waited last, so that it is told once a reason; "" = it did not */
	/* Kind password: opened only to send; NULL = none. */
	const char *username, *sealed_password;
	const char *traceparent;
	char traceparent_text[CLOUDEVENT_TRACEPARENT_SIZE];
	const json_t *data; /* when read */
	json_t *root;	    /* when read: owner */
};

/* A password mail: no link, no window, nothing in doubt is sent again, and the address is held only
   while it waits. */
bool job_is_password(const struct job *j);

/* Appends the value; data is the request's data as JSON text. */
void job_write(const struct job *j, const char *data, size_t data_len, struct buf *out);

/* Where a job stands when it is put on its topic. */
struct job_stand {
	int64_t turn, attempt;
	const char *waited;		      /* NULL = it did not wait */
	const char *provider;		      /* NULL or "" = anybody */
	char turn_text[24], attempt_text[24]; /* the headers' memory */
};

/* Fills the headers; they borrow from j and stand. Returns how many. */
size_t job_headers(const struct job *j, struct job_stand *stand,
		   struct header out[JOB_HEADERS_MAX]);

/* Reads a record of a job topic. ERR_INVALID where it is none that this version understands; the
   text names the field, never a value. */
int job_read(const struct record *r, struct job *out, struct err *e);
void job_clear(struct job *j);

#endif
