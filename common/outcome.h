/*
 * outcome - what is told on the status topic: words, ranks, and the bytes.
 *
 * An outcome has a computed id, so repeating it adds nothing for readers that drop ids they have
 * seen, and a sequence (generation, turn, rank), so the folded state never goes back. No address,
 * number, name, token or password is ever in one in the clear: recipient_masked and recipient_hash
 * stand for the person. contract.md section 3 has the fields.
 */
#ifndef BECKON_OUTCOME_H
#define BECKON_OUTCOME_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "cloudevent.h"
#include "err.h"
#include "guard.h"
#include "kafka.h"
#include "tariff.h"

#define OUTCOME_MAX_BYTES ((size_t)96 << 10)
#define OUTCOME_TURN_OF_INVITATION 2147483647 /* expired, declined, cancelled, accepted */

enum outcome_word {
	WORD_HELD,
	WORD_QUEUED,
	WORD_DEFERRED,
	WORD_UNKNOWN,
	WORD_SENT,
	WORD_DELIVERED,
	WORD_UNDELIVERED,
	WORD_ERROR,
	WORD_EXPIRED,
	WORD_DECLINED,
	WORD_CANCELLED,
	WORD_ACCEPTED,
	WORD_SUPERSEDED,
	WORD_DUPLICATE,
	WORD_REFUSED,
	WORD_ASKED_AGAIN,
	WORD_COUNT,
};

struct outcome_word_facts {
	const char *name;
	int rank;
	bool of_invitation; /* carries OUTCOME_TURN_OF_INVITATION */
	bool changes_state; /* not: duplicate, refused, superseded, asked_again */
};
extern const struct outcome_word_facts outcome_words[WORD_COUNT];
enum outcome_word outcome_word_find(const char *name); /* WORD_COUNT = none */

struct outcome_timings {
	int64_t queue_ms, guard_ms, send_ms, total_ms;
};

/* Absent: NULL, "" or 0. Everything is borrowed. */
struct outcome {
	enum outcome_word word;
	const char *tenant, *invite, *kind;
	int64_t generation;
	const char *delivery, *channel; /* of a delivery; else NULL */
	int64_t turn;			/* the turn that this outcome ends */
	bool ladder;			/* of the SMS that follows an e-mail */
	bool beside;		  /* of such: history, the state stays; its sequence has turn 0 */
	const char *next_channel; /* error: by which the invitation goes on; NULL = it has ended */
	int64_t receipt_due_ms;	  /* an SMS' receipt is waited for until then */
	int64_t attempt, attempts_max;
	const char *prev; /* the state before */
	const char *request_source, *request_id;
	const char *code, *reason; /* reason: scrubbed, at most 200 characters */
	const char *provider, *provider_message_id;
	const char *template_name, *template_locale, *template_sha256;
	unsigned template_version;
	const char *recipient_masked, *recipient_hash;
	int64_t not_before_ms, expires_ms;
	const char *token_sha256;
	unsigned segments; /* of an SMS */
	const char *encoding;
	struct cost cost; /* estimated */
	const struct outcome_timings *timings;
	const struct coords *origin;
	const char *first;  /* duplicate: what came first */
	const char *holder; /* refused: the invite that has the address */
	const char *sealed; /* accepted: base64, to the application's key */
	const json_t
		*data; /* of the request: role, department, teams, batch, metadata are echoed */
	const char *traceparent;
};

/* The bytes kept until they are acknowledged: a head (id, word, source, key, traceparent) and the
   JSON, its members in the order of the contract. source is "beckon/<service>". Appends to out. */
void outcome_pack(const struct outcome *o, const char *source, struct buf *out);

/* Packed bytes as a record for topic, which borrows from them and from out; they are changed.
   ERR_INVALID: they are no packed outcome. */
struct outcome_record {
	struct kafka_message message;
	struct header headers[CLOUDEVENT_HEADERS_MAX];
	char key[140], type[64];
};
int outcome_unpack(char *bytes, size_t len, const char *topic, struct outcome_record *out,
		   struct err *e);

#endif
