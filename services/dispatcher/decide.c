#include "decide.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "mem.h"

/* What a new request for an invite in this state meets. NULL = it may be asked again. */
struct again {
	const char *state, *code;
	bool with_override; /* only where the request says override */
};

static const struct again agains[] = {
	{ "cancelled", NULL, false },
	{ "declined", "already_invited", true },
	{ "accepted", "already_accepted", false },
}; /* any other: already_invited */

/* First requests end as error for what is wrong with the person or the message, and are refused for
   what the rules say. */
static struct plan no(const struct invite_view *invite, const char *code, const char *where)
{
	static const char *const ends[] = { "suppressed", "country_not_allowed",
					    "not_sent_in_time" };
	const struct code *c = codes_find(code);
	bool is_error = c && (c->class == 'P' || c->class == 'M');

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		is_error = is_error || !strcmp(code, ends[i]);
	if (is_error && !invite->known)
		return (struct plan){
			.word = WORD_ERROR, .generation = 1, .code = code, .where = where
		};
	return (struct plan){ .word = WORD_REFUSED, .code = code, .where = where };
}

/* NULL = the state lets the request pass. */
static const char *state_forbids(const struct request *req, const struct invite_view *invite)
{
	if (!invite->known)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(agains); i++) {
		if (strcmp(agains[i].state, invite->state))
			continue;
		return agains[i].with_override && req->override ? NULL : agains[i].code;
	}
	return "already_invited";
}

static struct plan decide_invite(const struct request *req, const struct invite_view *invite,
				 const struct policy *policy)
{
	const char *forbidden = state_forbids(req, invite);
	bool hold = req->send == SEND_HOLD || (req->send == SEND_AUTO && !policy->auto_send);

	if (req->recipient.state == STATE_ACTIVE || req->recipient.state == STATE_INACTIVE)
		return no(invite, "account_exists", "/recipient/state");
	if (forbidden)
		return no(invite, forbidden, NULL);
	if (req->kind != KIND_INVITE)
		return no(invite, "illegal_transition", "/kind");
	if (req->channel == CHANNEL_SMS || !req->recipient.address.normalised[0])
		return no(invite, "recipient_missing", "/recipient/email");
	if (!policy->allow_reserved && address_reserved(&req->recipient.address) != ADDRESS_PLAIN)
		return no(invite, "email_domain_invalid", "/recipient/email");
	return (struct plan){ .word = hold ? WORD_HELD : WORD_QUEUED,
			      .generation = invite->generation + 1 };
}

struct plan decide(const struct request *req, const struct invite_view *invite,
		   const struct policy *policy)
{
	/* Whatever is wrong with anything but a first request changes nothing. */
	static const struct invite_view any_known = { .known = true, .state = "" };

	if (req->code)
		return no(req->type == REQUEST_INVITE ? invite : &any_known, req->code, req->where);
	if (req->type != REQUEST_INVITE)
		return no(&any_known, "illegal_transition", "type");
	return decide_invite(req, invite, policy);
}

struct plan decide_taken(const char *other)
{
	return (struct plan){ .word = WORD_REFUSED,
			      .code = "already_invited",
			      .where = "/recipient",
			      .other = other };
}

static const char *or_dash(const char *s)
{
	return s && s[0] ? s : "-";
}

static const char *from_dash(const char *s)
{
	return strcmp(s, "-") ? s : NULL;
}

void plan_write(const struct plan *p, char out[PLAN_TEXT_SIZE])
{
	snprintf(out, PLAN_TEXT_SIZE, "%s %lld %s %s %s", outcome_words[p->word].name,
		 (long long)p->generation, or_dash(p->code), or_dash(p->other), or_dash(p->where));
}

int plan_read(char *text, struct plan *out, struct err *e)
{
	char *rest = text, *end;
	const char *word = strsep(&rest, " "), *generation = strsep(&rest, " "),
		   *code = strsep(&rest, " ");
	const char *other = strsep(&rest, " ");
	struct plan p;

	if (!rest)
		return err_set(e, ERR_INVALID, "a stored plan has five parts");
	p = (struct plan){
		.word = outcome_word_find(word),
		.generation = strtoll(generation, &end, 10),
		.code = from_dash(code),
		.other = from_dash(other),
		.where = from_dash(rest),
	};
	if (p.word == WORD_COUNT)
		return err_set(e, ERR_INVALID, "a stored plan begins with a word of ours");
	if (end == generation || *end || p.generation < 0)
		return err_set(e, ERR_INVALID, "a stored plan names a generation");
	*out = p;
	return OK;
}
