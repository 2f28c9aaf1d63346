#include "explain.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "now.h"
#include "tenant.h"

/* A rule says nothing where it does not apply: false. */
typedef bool rule_fn(const struct explaining *v, struct explained *out);

static void say_time(struct buf *b, int64_t ms)
{
	char text[NOW_TEXT_SIZE];

	buf_str(b, now_text(ms, text));
}

static bool is_invite(const struct explaining *v)
{
	return v->ask.req.type == REQUEST_INVITE;
}

/* Something of the invite would leave, now or later. */
static bool leaves(const struct explaining *v)
{
	return plan_has_job(&v->ask.plan);
}

static bool by_sms(const struct explaining *v)
{
	return v->ask.plan.channel && !strcmp(v->ask.plan.channel, IDS_SMS);
}

static bool is_named(const struct explaining *v)
{
	return v->ask.step != ASK_DEAD && v->ask.step != ASK_NAMELESS;
}

/* ---- reading ---- */

static bool envelope(const struct explaining *v, struct explained *out)
{
	const struct cloudevent *c = &v->ask.event;

	if (v->ask.step == ASK_DEAD) {
		buf_fmt(&out->value, "no readable event: %s; it goes to the dead letters",
			v->ask.wrong.text);
		out->ruling = RULING_NO;
		return true;
	}
	buf_fmt(&out->value, "%s, id %s, source %s", c->type[0] ? c->type : "none of our types",
		c->id, c->source);
	return true;
}

static bool data(const struct explaining *v, struct explained *out)
{
	const struct request *q = &v->ask.req;

	if (v->ask.step == ASK_DEAD)
		return false;
	out->ruling = q->code ? RULING_NO : RULING_OK;
	if (q->code)
		buf_fmt(&out->value, "%s at %s: %s", q->code, q->where, v->ask.wrong.text);
	else
		buf_fmt(&out->value, "tenant %s, invite %s", q->tenant, q->invite);
	return true;
}

/* ---- what is known ---- */

static bool seen(const struct explaining *v, struct explained *out)
{
	bool before = v->ask.claim.answer != EVENT_NEW;

	if (!is_named(v) || !v->asked)
		return false;
	out->ruling = before ? RULING_NO : RULING_OK;
	if (before)
		buf_fmt(&out->value, "asked before: %s; it would be told as duplicate",
			v->ask.claim.first ? v->ask.claim.first : "");
	else
		buf_str(&out->value, "not asked before");
	return true;
}

static bool state(const struct explaining *v, struct explained *out)
{
	const struct event_claim *c = &v->ask.claim;

	if (!is_named(v))
		return false;
	out->ruling = RULING_NOTE;
	if (!v->asked)
		buf_str(&out->value, "Redis was not asked; the invite is taken to be unknown");
	else if (!c->known)
		buf_str(&out->value, "the invite is not known");
	else
		buf_fmt(&out->value, "%s, generation %lld", c->state, (long long)c->generation);
	if (c->expires_ms) {
		buf_str(&out->value, ", link until ");
		say_time(&out->value, c->expires_ms);
	}
	return true;
}

static bool kept(const struct explaining *v, struct explained *out)
{
	if (!is_named(v) || is_invite(v) || !v->ask.claim.known)
		return false;
	out->ruling = v->ask.kept.data ? RULING_OK : RULING_NOTE;
	buf_str(&out->value,
		v->ask.kept.data ? "is there, as the first request left it" : "has been erased");
	return true;
}

static const char *who(const struct kept_person *p)
{
	if (p->recipient_masked[0])
		return p->recipient_masked;
	return !p->channel		      ? "no address"
	       : !strcmp(p->channel, IDS_SMS) ? "no number that an SMS goes to"
					      : "no e-mail address";
}

static bool person(const struct explaining *v, struct explained *out)
{
	const struct kept *k = &v->ask.kept;
	bool mail = k->person.channel && !strcmp(k->person.channel, IDS_EMAIL);

	if (!is_named(v) || v->ask.req.code || !k->data || k->request.code)
		return false;
	out->ruling = RULING_NOTE;
	buf_fmt(&out->value, "%s%s, %s", who(&k->person), k->second.channel ? ", then by SMS" : "",
		request_states[k->request.recipient.state]);
	if (mail && address_reserved(&k->request.recipient.address) != ADDRESS_PLAIN)
		buf_fmt(&out->value,
			", an address that nobody can have (recipients.allow_reserved "
			"is %s)",
			v->settings->allow_reserved ? "true" : "false");
	return true;
}

static bool sending(const struct explaining *v, struct explained *out)
{
	const struct request *q = &v->ask.req;

	if (!is_named(v) || q->code || !is_invite(v))
		return false;
	out->ruling = RULING_NOTE;
	buf_fmt(&out->value, "send %s, trigger %s; tenant's auto_send for it: %s",
		request_sends[q->send], request_triggers[q->trigger],
		v->ask.tenant->auto_send[q->trigger] ? "true" : "false");
	return true;
}

/* ---- what is decided ---- */

/* Of a number that was refused: the one that may have been meant. */
static void say_meant(const struct explaining *v, struct buf *b)
{
	const struct tenant *t = v->ask.tenant;
	const struct phone_rules rules = { .home_region = t->home_region,
					   .landlines = t->landlines };
	const char *typed = v->ask.kept.request.recipient.phone;
	struct phone_fault fault = { .code = NULL };
	struct phone p;
	struct err e;

	if (typed && phone_normalise(typed, &rules, &p, &fault, &e) < 0 && fault.suggestion[0])
		buf_fmt(b, " Did you mean %s?", fault.suggestion);
}

static bool decision(const struct explaining *v, struct explained *out)
{
	const struct plan *p = &v->ask.plan;

	if (!is_named(v))
		return false;
	if (p->word == PLAN_SILENT) {
		out->ruling = RULING_NOTE;
		buf_str(&out->value, "nothing happens, nothing is told");
		return true;
	}
	out->ruling = p->word == WORD_REFUSED || p->word == WORD_ERROR ? RULING_NO : RULING_OK;
	buf_str(&out->value, outcome_words[p->word].name);
	if (p->generation)
		buf_fmt(&out->value, ", generation %lld", (long long)p->generation);
	if (p->superseded)
		buf_fmt(&out->value, ", the link of generation %lld dies",
			(long long)p->superseded);
	if (p->code)
		buf_fmt(&out->value, ": %s%s%s. %s %s", p->code, p->where ? " at " : "",
			p->where ? p->where : "", advice_text(v->advice, p->code),
			advice_remedy(v->advice, p->code));
	if (p->where && !strcmp(p->where, "/recipient/phone"))
		say_meant(v, &out->value);
	return true;
}

static bool address(const struct explaining *v, struct explained *out)
{
	const char *holder = v->holder;
	bool taken = holder[0] && strcmp(holder, v->ask.key) != 0;

	if (!is_named(v) || !v->ask.plan.changes.take_address || !v->asked || !v->recipient_key)
		return false;
	out->ruling = taken ? RULING_NO : RULING_OK;
	if (taken)
		buf_fmt(&out->value, "%s is live for the same person and scope: already_invited",
			holder);
	else
		buf_str(&out->value, "no other live invite has it");
	return true;
}

/* ---- when it leaves ---- */

static bool pauses(const struct explaining *v, struct explained *out)
{
	const struct request *q = &v->ask.kept.request;
	const struct pause *p;

	if (!leaves(v))
		return false;
	struct pause_for whose = { .tenant = v->ask.req.tenant, .batch = q->batch.id };

	if (q->recipient.address.normalised[0] && !by_sms(v))
		whose.domain = address_domain(&q->recipient.address);
	p = pause_find(v->pauses, &whose, v->now_ms);
	out->ruling = p ? RULING_WAIT : RULING_OK;
	buf_fmt(&out->value, "%s", p ? p->key : "not paused");
	if (p && p->until_ms) {
		buf_str(&out->value, " until ");
		say_time(&out->value, p->until_ms);
	}
	return true;
}

static bool rate(const struct explaining *v, struct explained *out)
{
	const struct tenant_rate *r;

	if (!leaves(v))
		return false;
	r = &v->ask.tenant->limit;
	out->ruling = r->interval_us ? RULING_NOTE : RULING_OK;
	if (r->interval_us)
		buf_fmt(&out->value, "one a %.3f s, %lld at once; its slot is told by `deferred`",
			(double)r->interval_us / 1e6, (long long)r->burst);
	else
		buf_str(&out->value, "the tenant has no limit");
	return true;
}

static bool hours(const struct explaining *v, struct explained *out)
{
	const struct request *q = &v->ask.kept.request;
	int64_t from_ms = q->schedule.not_before_ms, next_ms;

	if (!leaves(v))
		return false;
	if (from_ms < v->now_ms)
		from_ms = v->now_ms;
	if (q->kind == KIND_PASSWORD) { /* leaves at any hour: it was asked for by the person */
		buf_str(&out->value, "a password leaves at any hour");
		return true;
	}
	struct tenant_hours open =
		tenant_hours(v->ask.tenant, v->ask.plan.channel, q->recipient.timezone);

	next_ms = tenant_next_ms(&open, from_ms);
	out->ruling = next_ms > v->now_ms ? RULING_WAIT : RULING_OK;
	buf_str(&out->value, next_ms > v->now_ms ? "not before " : "now");
	if (next_ms > v->now_ms)
		say_time(&out->value, next_ms);
	return true;
}

static bool until(const struct explaining *v, struct explained *out)
{
	int64_t end_ms = kept_not_after(&v->ask.kept.request, v->now_ms);

	if (!leaves(v))
		return false;
	out->ruling = end_ms <= v->now_ms ? RULING_NO : RULING_OK;
	buf_str(&out->value, "not after ");
	say_time(&out->value, end_ms);
	return true;
}

static bool template(const struct explaining *v, struct explained *out)
{
	const struct request *q = &v->ask.kept.request;
	struct catalog_wanted wanted = {
		.tenant = v->ask.req.tenant,
		.name = q->template.name ? q->template.name : request_kinds[q->kind],
		.locale = q->recipient.locale,
		.default_locale = v->ask.tenant ? v->ask.tenant->default_locale : NULL,
		.version = q->template.version,
	};
	const struct catalog_entry *entry;

	if (!leaves(v) || !v->catalog)
		return false;
	entry = catalog_find_for(v->catalog, &wanted);
	out->ruling = entry && (!by_sms(v) || entry->parts[PART_SMS]) ? RULING_OK : RULING_NO;
	if (entry && out->ruling == RULING_NO)
		buf_fmt(&out->value, "%s/%s has no text for SMS: template_missing", entry->name,
			entry->locale);
	else if (entry)
		buf_fmt(&out->value, "%s/%s, version %u%s", entry->name, entry->locale,
			entry->version, entry->tenant ? ", the tenant's own" : "");
	else
		buf_fmt(&out->value, "there is no template '%s': template_missing", wanted.name);
	return true;
}

static const struct {
	const char *name;
	rule_fn *say;
} rules[] = {
	{ "event", envelope },	{ "data", data },	  { "seen", seen },
	{ "state", state },	{ "kept request", kept }, { "person", person },
	{ "sending", sending }, { "decision", decision }, { "address", address },
	{ "pauses", pauses },	{ "limit", rate },	  { "hours", hours },
	{ "window", until },	{ "template", template },
};

const char *explain_next(const struct explaining *v, size_t *i, struct explained *out)
{
	while (*i < ARRAY_LEN(rules)) {
		size_t at = (*i)++;

		buf_reset(&out->value);
		out->ruling = RULING_OK;
		if (rules[at].say(v, out))
			return rules[at].name;
	}
	return NULL;
}
