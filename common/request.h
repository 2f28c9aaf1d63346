/*
 * request - what is asked of an invite: the data of every type of topic invite-requested, checked.
 *
 * Tables say which fields a type has and what each may hold; unknown fields are refused by name.
 * The folder schemas says the same as JSON Schema, and a test makes both agree. What one event
 * cannot show (the invite's state, the tenant's settings) is not decided here.
 */
#ifndef BECKON_REQUEST_H
#define BECKON_REQUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "cloudevent.h"
#include "err.h"
#include "shape.h"

enum request_type {
	REQUEST_INVITE,	      /* invite.requested */
	REQUEST_RESEND,	      /* invite.resend-requested */
	REQUEST_RELEASE,      /* invite.release-requested */
	REQUEST_CANCEL,	      /* invite.cancel-requested */
	REQUEST_ACCEPTED,     /* invite.accepted */
	REQUEST_DECLINED,     /* invite.declined */
	REQUEST_ACTIVATED,    /* user.activated */
	REQUEST_RENEWAL,      /* invite.renewal-requested */
	REQUEST_SEND_NOW,     /* invite.send-now-requested */
	REQUEST_RESOLVE,      /* invite.resolve-requested */
	REQUEST_FORGET,	      /* invite.forget-requested */
	REQUEST_EXPIRY_DUE,   /* invite.expiry-due, from the fleet, as the rest */
	REQUEST_REMINDER_DUE, /* invite.reminder-due */
	REQUEST_LADDER_DUE,   /* invite.ladder-due */
	REQUEST_RECEIPT,      /* delivery.receipt-received */
	REQUEST_TYPES,
	REQUEST_UNKNOWN = REQUEST_TYPES,
};

/* Words are indexed by their enum; the first one is the default. */
enum request_kind { KIND_INVITE, KIND_PASSWORD };
enum request_state { STATE_NEW, STATE_INVITED, STATE_ACTIVE, STATE_INACTIVE };
enum request_channel { CHANNEL_AUTO, CHANNEL_EMAIL, CHANNEL_SMS, CHANNEL_LADDER };
enum request_trigger { TRIGGER_API, TRIGGER_MANUAL, TRIGGER_IMPORT, TRIGGER_DIRECTORY };
enum request_send { SEND_AUTO, SEND_NOW, SEND_HOLD };
enum request_resolve { RESOLVE_SENT, RESOLVE_RESEND };

#define REQUEST_SCOPE_MAX 64 /* characters */
#define REQUEST_UNNAMED                                                                            \
	"unnamed:" /* an inviter's id begins so where a program or somebody without a name asked:  \
		      the inviter's name is for colleagues, and stands in no message */
#define REQUEST_ROUTE_MAX 32
#define REQUEST_SCHEMA_MAJOR 1 /* of the data; a dataschema that tells another is refused */

/* NULL-terminated. */
extern const char *const request_types[]; /* without prefix, by enum request_type */
extern const char *const request_kinds[];
extern const char *const request_states[];
extern const char *const request_channels[];
extern const char *const request_triggers[];
extern const char *const request_sends[];

struct request_recipient {
	const char *email, *phone; /* as typed; NULL = absent */
	const char *name, *user, *locale, *timezone;
	enum request_state state;
	struct address address; /* email's normal form; normalised is "" without email */
};

struct request_template {
	const char *name; /* NULL = the kind's name */
	int64_t version;  /* 0 = the newest */
	const char *note, *subject;
	const json_t *variables; /* object of scalars */
};

struct request_credentials {
	const char *username;	     /* NULL = no credentials */
	const char *sealed_password; /* base64; NULL = mint */
	bool mint;
};

/* A checked request. Strings and json are borrowed from the event's data and live as long. NULL, 0
   or the first word of an enum = absent. */
struct request {
	enum request_type type; /* REQUEST_UNKNOWN = none of ours */
	const char *tenant, *invite;
	enum request_kind kind;
	struct request_recipient recipient;
	enum request_channel channel;
	enum request_trigger trigger;
	enum request_send send;
	struct request_template template;
	const char *role, *department;
	const json_t *teams; /* array of strings */
	struct {
		const char *id, *name, *email;
	} inviter;
	const char *organisation; /* organisation.name */
	const char *scope;	  /* NULL = "" */
	const char *route;	  /* a test of this relay or provider; NULL = it is none */
	struct {
		const char *base;
		int64_t ttl_s;
	} link; /* resend's ttl_s is here too */
	struct {
		int64_t not_before_ms, not_after_ms;
	} schedule;
	struct {
		const char *id;
		int64_t row;
	} batch;
	struct request_credentials credentials;
	bool confirm, override;
	const json_t *metadata;

	/* Other types than invite.requested. */
	const char *actor, *reason;
	enum request_resolve resolve; /* resolve-requested: as */
	int64_t generation;	      /* of the fleet's own timers */
	const char *sealed;	      /* accepted: base64, to the application's key */
	struct {
		const char *delivery, *status, *code, *provider_message_id;
	} receipt;

	/* Why it was refused. */
	const char *code; /* an error code; NULL = valid */
	/* JSON pointer into the data (RFC 6901); an envelope attribute by its bare name: "type" */
	char where[SHAPE_WHERE_SIZE];
};

/* Checks c's data. out is always filled: ERR_INVALID sets code, where and a text that names field
   and rule, never a value; tenant and invite are set wherever they are usable, also then, and
   nothing else may be read. */
int request_read(const struct cloudevent *c, struct request *out, struct err *e);

#endif
