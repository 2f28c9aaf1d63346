#include "api_rules.h"

#include <string.h>

#include "mem.h"
#include "view_query.h"

const struct api_act_info api_acts[ACTS] = {
	[ACT_RELEASE] = { "release", "invite.release-requested" },
	[ACT_RESEND] = { "resend", "invite.resend-requested" },
	[ACT_CANCEL] = { "cancel", "invite.cancel-requested" },
	[ACT_SEND_NOW] = { "send-now", "invite.send-now-requested" },
	[ACT_RESOLVE] = { "resolve", "invite.resolve-requested" },
	[ACT_FORGET] = { "forget", "invite.forget-requested" },
	[ACT_REQUEST] = { "request", "invite.requested" },
	[ACT_PASSWORD] = { "password", "invite.requested" },
};

const char *const api_actions[] = { "invite",	"release", "resend", "cancel", "send-now",
				    "password", "resolve", "forget", NULL };

#define MAY(a)                                                                                     \
	{                                                                                          \
		.act = ACT_##a                                                                     \
	}
#define NOT(why)                                                                                   \
	{                                                                                          \
		.code = why                                                                        \
	}
#define EVERY(rule)                                                                                \
	{                                                                                          \
		rule, rule, rule, rule, rule, rule, rule, rule                                     \
	}
#define ILLEGAL NOT("illegal_transition")
#define WAITS                                                                                      \
	{                                                                                          \
		.code = "already_invited", .said = "already_waiting"                               \
	}
#define ACCEPTED NOT("already_accepted")
#define CANCELLED NOT("cancelled")

/* By api_actions, and by enum view_status:
   not invited, waiting, invited, error, expired, accepted, declined, cancelled */
static const struct api_rule rules[][VIEW_STATUSES] = {
	/* invite */
	{ MAY(RELEASE), WAITS, MAY(RESEND), MAY(RESEND), MAY(RESEND), ACCEPTED, MAY(REQUEST),
	  MAY(REQUEST) },
	/* release */
	{ MAY(RELEASE), ILLEGAL, ILLEGAL, ILLEGAL, ILLEGAL, ACCEPTED, ILLEGAL, CANCELLED },
	/* resend */
	{ MAY(RESEND), ILLEGAL, MAY(RESEND), MAY(RESEND), MAY(RESEND), ACCEPTED, ILLEGAL,
	  CANCELLED },
	/* cancel */
	{ MAY(CANCEL), MAY(CANCEL), MAY(CANCEL), MAY(CANCEL), MAY(CANCEL), ACCEPTED, ILLEGAL,
	  CANCELLED },
	/* send-now */
	{ ILLEGAL, MAY(SEND_NOW), ILLEGAL, ILLEGAL, ILLEGAL, ACCEPTED, ILLEGAL, CANCELLED },
	/* password */
	EVERY(MAY(PASSWORD)),
	/* resolve */
	{ ILLEGAL, MAY(RESOLVE), ILLEGAL, ILLEGAL, ILLEGAL, ACCEPTED, ILLEGAL, CANCELLED },
	/* forget */
	EVERY(MAY(FORGET)),
};

static const char *text_at(const json_t *row, const char *name)
{
	const char *s = json_string_value(json_object_get(row, name));

	return s ? s : "";
}

static int index_of(const char *const *words, const char *word)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

struct api_rule api_rule(const char *action, const json_t *row)
{
	static const struct api_rule illegal = ILLEGAL;
	int a = index_of(api_actions, action);
	int s = index_of(view_statuses, text_at(row, "status"));
	struct api_rule rule;

	if (a < 0 || s < 0)
		return illegal;
	rule = rules[a][s];
	if (!rule.code && rule.act == ACT_RESOLVE && strcmp(text_at(row, "word"), "unknown"))
		return illegal;
	if (rule.said && !strcmp(text_at(row, "word"), "unknown"))
		rule.said = "outcome_unknown";
	/* a password is asked for again whatever became of the last one */
	if (rule.code && !strcmp(action, "resend") && !strcmp(text_at(row, "kind"), "password"))
		return (struct api_rule){ .act = ACT_RESEND };
	return rule;
}
