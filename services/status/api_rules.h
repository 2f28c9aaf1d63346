/*
 * api_rules - what an action asks of an invite in a given state, or why it cannot be asked. Pure.
 *
 * A courtesy: whoever asks hears at once what would be refused. The dispatcher alone decides, by
 * the state that it finds.
 */
#ifndef BECKON_API_RULES_H
#define BECKON_API_RULES_H

#include <jansson.h>
#include <stdbool.h>

/* What an action comes to: an event of this type. */
enum api_act {
	ACT_RELEASE,
	ACT_RESEND,
	ACT_CANCEL,
	ACT_SEND_NOW,
	ACT_RESOLVE,
	ACT_FORGET,
	ACT_REQUEST,  /* invited anew, under the same name */
	ACT_PASSWORD, /* a password e-mail to the person, under a name of its own */
	ACTS,
};

struct api_act_info {
	const char *name; /* as it is answered: "release" */
	const char *type; /* of the event, without its prefix */
};
extern const struct api_act_info api_acts[ACTS];

extern const char
	*const api_actions[]; /* those that can be asked for: "invite" ..., NULL at the end */

struct api_rule {
	const char *code; /* why it cannot be asked; NULL = it can */
	const char *said; /* whose words fit better than the code's (api_words.h); NULL = its own */
	enum api_act act;
};

/* row: of the view. The action is one of api_actions. */
struct api_rule api_rule(const char *action, const json_t *row);

#endif
