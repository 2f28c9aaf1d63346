/*
 * receipt_priv - what the files of receipt share. Included by receipt*.c only.
 */
#ifndef BECKON_RECEIPT_PRIV_H
#define BECKON_RECEIPT_PRIV_H

#include "buf.h"
#include "crypto_peer.h"
#include "receipt.h"

#define RECEIPT_PAIRS_MAX 512 /* fields of a form */
#define RECEIPT_SECRETS_MAX 4 /* while one takes the place of another */

/* ---- receipt_pairs.c: names and values, as forms and flat objects have them ---- */

struct pair {
	const char *name, *value;
};

struct pairs {
	struct pair *list; /* in the order they came */
	size_t count;
	char *text; /* owner of the strings of a form */
};

/* application/x-www-form-urlencoded. ERR_INVALID: not that, or a NUL, or too many. */
int pairs_read_form(const char *text, size_t len, struct pairs *out, struct err *e);
/* The scalars among an object's members. ERR_INVALID: too many. */
int pairs_read_object(const json_t *object, struct pairs *out, struct err *e);
const char *pairs_find(const struct pairs *p, const char *name); /* NULL = it is not there */
void pairs_clear(struct pairs *p);

/* ---- a call taken apart ---- */

struct receipt_reading {
	const struct receipt_source *source;
	const struct receipt_call *call;
	struct pairs query, body; /* body: a form's fields, or the scalars of an object */
	json_t *json;		  /* the body; NULL where it is no JSON */
	json_t *inner;		  /* what an envelope holds; NULL = nothing of the kind */
	struct receipt_list *out;
};

/* Of the body, else of the query; NULL = it is nowhere. */
const char *reading_field(const struct receipt_reading *r, const char *name);
/* name in lower case; "" = there is no such header. */
const char *reading_header(const struct receipt_reading *r, const char *name);
/* Was it signed within the source's window? */
int reading_fresh(const struct receipt_reading *r, int64_t signed_ms, struct err *e);

/* The next receipt, to be filled; NULL = there are too many. */
struct receipt *reading_add(struct receipt_reading *r);
/* One more name for it: what is no usable id is passed over. */
void receipt_name(struct receipt *to, const char *source, const char *id);
/* "<local@domain>", or an ENVID, "local" or "<local>": the local part, if it can be one of ours. */
void receipt_name_mail(struct receipt *to, const char *message_id);
/* What a mail server has said last of an address: code and suppress. */
void receipt_reason_mail(struct receipt *to, const char *enhanced, const char *diagnostic);

/* ---- formats ---- */

enum receipt_needs {
	NEEDS_SECRET = 1,
	NEEDS_KEY = 2,
	NEEDS_USERNAME = 4,
	NEEDS_URL = 8,
	NEEDS_TOPIC = 16,
	NEEDS_CLIENT = 32,
};

struct receipt_format {
	const char *name;
	bool json; /* the body is JSON, and nothing else */
	unsigned needs;
	int window_s; /* unless the entry says otherwise; 0 = what it signs bears no time */
	int (*genuine)(struct receipt_reading *r, struct err *e);
	int (*read)(struct receipt_reading *r, struct err *e);
	const struct sms_fields *fields; /* for sms_read */
	const char *words; /* whose description says what statuses and codes mean, unless the
			      entry says another; NULL = they are the format's own */
	const char *answer;
};

struct receipt_source {
	const struct receipt_format *format;
	char *name, *tenant, *username, *url, *topic, *like;
	char *secret_file, *key_file, *format_name;
	char *proxy, *ca_file;	      /* to fetch certificates */
	char *client, *client_header; /* whose certificate, and where the proxy tells it */
	char *secret;		      /* its file's lines, which secrets point into */
	size_t secret_len;
	const char *secrets[RECEIPT_SECRETS_MAX];
	size_t nsecrets;
	struct crypto_key *key;
	struct receipt_words *words; /* NULL unless the format has some */
	int64_t window_ms;
};

/* ---- proofs: receipt_proof.c ---- */

#define PROOF_MAX_BYTES (2 * RECEIPT_BODY_MAX_BYTES) /* of what is signed */
#define PROOF_TEXT_MAX 1024			     /* of a signature as it is told */

int proof_refuse(struct err *e, const char *why);
struct crypto_bytes proof_text(const char *s);
struct crypto_bytes proof_buf(const struct buf *b);
bool proof_same(const char *a, const char *b);
/* Are these bytes told? Letters of hexadecimal digits may be of either case. */
bool proof_hex(const unsigned char *bytes, size_t n, const char *told);
bool proof_base64(const unsigned char *bytes, size_t n, const char *told);
/* Seconds since 1970 as they are written, in ms; -1 = they are not. */
int64_t proof_seconds(const char *s);
/* Appends the URL that was called. */
void proof_url(const struct receipt_reading *r, struct buf *out);

/* receipt_genuine.c, receipt_signed.c: ERR_INVALID where the call is not the provider's, or too
 * old. */
int genuine_client(struct receipt_reading *r, struct err *e); /* OK where none is asked for */
int genuine_twilio(struct receipt_reading *r, struct err *e);
int genuine_vonage(struct receipt_reading *r, struct err *e);
int genuine_bird(struct receipt_reading *r, struct err *e);
int genuine_smsc(struct receipt_reading *r, struct err *e);
int genuine_smsru(struct receipt_reading *r, struct err *e);
int genuine_token(struct receipt_reading *r, struct err *e);
int genuine_webhook(struct receipt_reading *r, struct err *e);
int genuine_mailgun(struct receipt_reading *r, struct err *e);
int genuine_sendgrid(struct receipt_reading *r, struct err *e);
int genuine_basic(struct receipt_reading *r, struct err *e);
int genuine_sns(struct receipt_reading *r, struct err *e); /* leaves the message in inner */

/* receipt_sms.c and receipt_esp.c: ERR_INVALID where it cannot be understood. */
extern const struct sms_fields sms_twilio, sms_vonage, sms_bird, sms_smsc, sms_kannel;
int sms_read(struct receipt_reading *r, struct err *e);
int sms_read_smsru(struct receipt_reading *r, struct err *e);
int sms_read_sns(struct receipt_reading *r, struct err *e);
int sms_read_webhook(struct receipt_reading *r, struct err *e);
/* What SNS tells that is no notification: it asks for the subscription to be confirmed. */
int sns_read_other(struct receipt_reading *r, struct err *e);
int esp_read_ses(struct receipt_reading *r, struct err *e);
int esp_read_sendgrid(struct receipt_reading *r, struct err *e);
int esp_read_mailgun(struct receipt_reading *r, struct err *e);
int esp_read_postmark(struct receipt_reading *r, struct err *e);

#endif
