#include "kept.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "timer.h"

/* ---- whom ---- */

const char *kept_channel(const struct request *q, const struct tenant *tenant)
{
	const char *email = q->recipient.address.normalised[0] ? IDS_EMAIL : NULL,
		   *sms = q->recipient.phone ? IDS_SMS : NULL;

	if (tenant->email_only || q->channel == CHANNEL_EMAIL)
		return email;
	if (q->channel == CHANNEL_SMS)
		return sms;
	return email ? email : sms;
}

static bool has_ladder(const struct request *q, const struct tenant *tenant)
{
	return q->channel == CHANNEL_LADDER && q->kind == KIND_INVITE && !tenant->email_only &&
	       q->recipient.address.normalised[0] && q->recipient.phone;
}

/* A number that an SMS may go to; else person's code. */
static void check_number(const struct request *q, const struct tenant *t,
			 struct kept_person *person)
{
	struct phone_rules rules = { .home_region = t->home_region, .landlines = t->landlines };
	struct phone_fault fault;
	struct phone phone;
	struct err e;

	person->where = "/recipient/phone";
	if (phone_normalise(q->recipient.phone, &rules, &phone, &fault, &e) < 0) {
		person->code = fault.code;
		return;
	}
	if (!phone_country_allowed(&phone, t->countries_allow, t->countries_deny))
		person->code = "country_not_allowed";
	text_put(person->to, sizeof(person->to), phone.e164);
	text_put(person->region, sizeof(person->region), phone.region);
	phone_mask(&phone, person->recipient_masked);
}

/* channel NULL: nobody. */
static void name_person(const struct request *q, const struct kept_terms *terms,
			const char *channel, struct kept_person *out)
{
	struct ids_recipient who = { .channel = channel };

	*out = (struct kept_person){ .channel = channel };
	if (!channel)
		return;
	if (!strcmp(channel, IDS_SMS)) {
		check_number(q, terms->tenant, out);
	} else {
		text_put(out->to, sizeof(out->to), q->recipient.address.normalised);
		address_mask(&q->recipient.address, out->recipient_masked);
	}
	if (!out->to[0])
		return;
	who.address = out->to;
	ids_recipient_hash(terms->recipient_key, strlen(terms->recipient_key), who,
			   out->recipient_hash);
	snprintf(out->address_key, sizeof(out->address_key), "%s/%s/%s/%s", q->tenant,
		 q->scope ? q->scope : "", request_kinds[q->kind], out->recipient_hash);
}

void kept_use_channel(struct kept *k, const struct kept_terms *terms, const char *channel)
{
	const struct request *q = &k->request;
	bool climbs = channel && !strcmp(channel, IDS_EMAIL) && has_ladder(q, terms->tenant);

	name_person(q, terms, channel, &k->person);
	name_person(q, terms, climbs ? IDS_SMS : NULL, &k->second);
}

void kept_name_people(struct kept *k, const struct kept_terms *terms)
{
	kept_use_channel(k, terms, kept_channel(&k->request, terms->tenant));
}

int kept_read(json_t *data, const struct kept_terms *terms, struct kept *out, struct err *e)
{
	struct cloudevent event = { .data = data };

	*out = (struct kept){ .data = data };
	snprintf(event.type, sizeof(event.type), "%s", request_types[REQUEST_INVITE]);
	if (request_read(&event, &out->request, e) < 0)
		return ERR_INVALID;
	kept_name_people(out, terms);
	return OK;
}

void kept_clear(struct kept *k)
{
	json_decref(k->data);
	k->data = NULL;
}

/* ---- changes ---- */

/* Members of change's object, or of change itself, written over those of kept's. */
static void overlay(json_t *kept, const char *object, const json_t *change)
{
	json_t *own = json_object_get(kept, object);

	if (!json_is_object(change))
		return;
	if (json_is_object(own))
		json_object_update(own, (json_t *)change);
	else
		json_object_set(kept, object, (json_t *)change);
}

json_t *kept_change(const json_t *kept, enum request_type type, const json_t *change)
{
	static const char *const whole[] = { "credentials", "confirm" };
	json_t *out = json_deep_copy(kept), *ttl = json_object_get(change, "ttl_s");

	if (type == REQUEST_RESEND)
		json_object_del(out, "schedule");
	overlay(out, "template", json_object_get(change, "template"));
	overlay(out, "recipient", json_object_get(change, "recipient"));
	for (size_t i = 0; i < ARRAY_LEN(whole); i++)
		if (json_object_get(change, whole[i]))
			json_object_set(out, whole[i], json_object_get(change, whole[i]));
	if (ttl) {
		json_t *link = json_pack("{sO}", "ttl_s", ttl);

		overlay(out, "link", link);
		json_decref(link);
	}
	return out;
}

/* ---- jobs ---- */

int64_t kept_not_after(const struct request *q, int64_t asked_ms)
{
	return q->schedule.not_after_ms > asked_ms ? q->schedule.not_after_ms
						   : asked_ms + KEPT_NOT_AFTER_MS;
}

/* At least the one that was asked for, and the one that was known. A reminder is made of whatever
   holds then. */
static int64_t template_version(const struct request *q, const struct kept_delivery *d)
{
	if (d->n > 0)
		return 0;
	return q->template.version > d->template_version ? q->template.version
							 : d->template_version;
}

struct job kept_job(const struct kept *k, const struct tenant *tenant,
		    const struct kept_delivery *d)
{
	const struct request *q = &k->request;
	const struct kept_person *person = d->second ? &k->second : &k->person;
	struct job j = {
		.delivery = { .generation = (uint32_t)d->generation, .n = (uint32_t)d->n },
		.kind = request_kinds[q->kind],
		.to = person->to,
		.region = person->region[0] ? person->region : NULL,
		.recipient_hash = person->recipient_hash,
		.recipient_masked = person->recipient_masked,
		.address_key = k->person.address_key,
		.request_source = d->request_source,
		.request_id = d->request_id,
		.link_base = q->link.base ? q->link.base : tenant->link_base,
		.ttl_s = q->link.ttl_s ? q->link.ttl_s : tenant->link_ttl_s,
		.requested_ms = d->asked_ms,
		.not_after_ms = d->expires_ms ? d->expires_ms - 1 : kept_not_after(q, d->asked_ms),
		.expires_ms = d->expires_ms,
		.kid = d->kid,
		.template_version = template_version(q, d),
		.ladder = d->second && !d->n,
		.instead = d->instead,
		.timer_turn = d->instead ? d->timer_turn : 0,
		.username = q->credentials.username,
		.sealed_password = q->credentials.sealed_password, /* of a minted one: see ask */
		.traceparent = d->traceparent,
	};

	if (k->second.channel && !k->second.code && !d->second && !d->n)
		j.ladder_after_ms = timer_ladder_after(tenant->ladder_after_s, j.ttl_s);
	text_put(j.delivery.channel, sizeof(j.delivery.channel), person->channel);
	text_put(j.delivery.tenant, sizeof(j.delivery.tenant), q->tenant);
	text_put(j.delivery.invite, sizeof(j.delivery.invite), q->invite);
	ids_delivery_build(&j.delivery, j.id);
	return j;
}
