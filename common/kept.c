#include "kept.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"

void kept_name_recipient(const struct request *q, const char *recipient_key, struct kept *out)
{
	struct ids_recipient who = { "email", q->recipient.address.normalised };

	if (!who.address[0])
		return;
	ids_recipient_hash(recipient_key, strlen(recipient_key), who, out->recipient_hash);
	address_mask(&q->recipient.address, out->recipient_masked);
	snprintf(out->address_key, sizeof(out->address_key), "%s/%s/%s/%s", q->tenant,
		 q->scope ? q->scope : "", request_kinds[q->kind], out->recipient_hash);
}

int kept_read(json_t *data, const char *recipient_key, struct kept *out, struct err *e)
{
	struct cloudevent event = { .data = data };

	*out = (struct kept){ .data = data };
	snprintf(event.type, sizeof(event.type), "%s", request_types[REQUEST_INVITE]);
	if (request_read(&event, &out->request, e) < 0)
		return ERR_INVALID;
	kept_name_recipient(&out->request, recipient_key, out);
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

struct job kept_job(const struct kept *k, const struct tenant *tenant,
		    const struct kept_delivery *d)
{
	const struct request *q = &k->request;
	struct job j = {
		.delivery = { .channel = "email",
			      .generation = (uint32_t)d->generation,
			      .n = (uint32_t)d->n },
		.kind = request_kinds[q->kind],
		.to = q->recipient.address.normalised,
		.recipient_hash = k->recipient_hash,
		.recipient_masked = k->recipient_masked,
		.address_key = k->address_key,
		.request_source = d->request_source,
		.request_id = d->request_id,
		.link_base = q->link.base ? q->link.base : tenant->link_base,
		.ttl_s = q->link.ttl_s ? q->link.ttl_s : tenant->link_ttl_s,
		.requested_ms = d->asked_ms,
		.not_after_ms = d->expires_ms ? d->expires_ms - 1 : kept_not_after(q, d->asked_ms),
		.expires_ms = d->expires_ms,
		.kid = d->kid,
		.template_version = q->template.version > d->template_version ? q->template.version
									      : d->template_version,
		.username = q->credentials.username,
		.sealed_password = q->credentials.sealed_password, /* of a minted one: see ask */
		.traceparent = d->traceparent,
	};

	snprintf(j.delivery.tenant, sizeof(j.delivery.tenant), "%s", q->tenant);
	snprintf(j.delivery.invite, sizeof(j.delivery.invite), "%s", q->invite);
	ids_delivery_build(&j.delivery, j.id);
	return j;
}
