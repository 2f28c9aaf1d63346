/*
 * receipts - where providers tell what became of messages: POST or GET /receipts/NAME and
 * /receipts/NAME/TENANT on the public door.
 *
 * Answered with 200 once Kafka has what follows of it, with 503 where it cannot have it now, so
 * that the provider tells it again. A thread of its own passes on what came too early.
 */
#ifndef BECKON_RECEIPTS_H
#define BECKON_RECEIPTS_H

#include "receipt.h"
#include "site.h"

struct receipts;

/* All is borrowed until receipts_close. */
struct receipts_options {
	const json_t *entries; /* the JSON of `receipts`, may be NULL */
	const char *providers_dir, *settings_topic;
};

/* ERR_FATAL as receipt_sources_open. */
int receipts_open(struct receipts **out, const struct receipts_options *o,
		  struct site_shared *shared, struct err *e);
void receipts_close(struct receipts *r); /* once the web is closed; takes NULL */

/* Reads the files with secrets, keys and codes again. ERR_FATAL: what was there stays. From any
 * thread. */
int receipts_reload(struct receipts *r, struct err *e);

struct web_module receipts_module(struct receipts *r);

/* What has been counted since the last call: by what became of it. */
enum receipts_ends {
	RECEIPTS_TOLD,
	RECEIPTS_PASSING, /* not the end of anything */
	RECEIPTS_KEPT,	  /* too early */
	RECEIPTS_LOST,	  /* kept, and its delivery never came */
	RECEIPTS_STRANGE, /* about nothing of ours */
	RECEIPTS_REFUSED, /* not the provider's, or not to be understood */
	RECEIPTS_ENDS,
};
extern const char *const receipts_ends[RECEIPTS_ENDS];
void receipts_counted(struct receipts *r, uint64_t out[RECEIPTS_ENDS]);
/* Likewise: receipts with a status or code of the provider's that nobody knows here. */
uint64_t receipts_unknown(struct receipts *r);

#endif
