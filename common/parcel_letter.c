#include "parcel_letter.h"

#include <string.h>

#include "crypto.h"
#include "link.h"

static const char *domain_of(const char *address)
{
	const char *at = address ? strrchr(address, '@') : NULL;

	return at ? at + 1 : "localhost";
}

struct letter_sender parcel_sender(const struct parcel *p)
{
	const struct tenant *t = p->tenant;

	return (struct letter_sender){
		.from_name = t->from_name ? t->from_name : p->job.delivery.tenant,
		.from_address = t->from,
		.reply_to = t->reply_to,
		.contact = t->contact,
		.brand_colour = t->brand_colour,
		.id_domain = domain_of(t->from),
	};
}

struct letter_facts parcel_facts(const struct parcel *p)
{
	const json_t *recipient = json_object_get(p->job.data, "recipient");

	return (struct letter_facts){
		.delivery = p->job.id,
		.to = p->job.to,
		.locale = json_string_value(json_object_get(recipient, "locale")),
		.default_locale = p->tenant->default_locale,
		.timezone = json_string_value(json_object_get(recipient, "timezone")),
		.default_timezone = p->tenant->timezone,
		.date_ms = p->claim.first_ms,
		.now_ms = p->claim.now_ms,
		.expires_ms = p->expires_ms,
		.template_version = p->job.template_version,
		.data = p->job.data,
	};
}

/* Where the link of a mail leads: to accept an invitation, or to sign in with a password, and then
   only where the request names the page. NULL = nowhere. */
static const char *link_base(const struct parcel *p)
{
	const json_t *link = json_object_get(p->job.data, "link");

	return job_is_password(&p->job) ? json_string_value(json_object_get(link, "base"))
					: p->job.link_base;
}

static int make_link(const struct parcel *p, struct buf *out, struct err *e)
{
	const char *base = link_base(p);

	if (base)
		return link_build(base, p->token[0] ? p->token : NULL, out, e);
	return job_is_password(&p->job)
		       ? OK
		       : err_set(e, ERR_INVALID,
				 "no link base: neither the request nor the tenant has one");
}

void parcel_secrets_wipe(struct parcel_secrets *s)
{
	if (s->link.data)
		crypto_wipe(s->link.data, s->link.len);
	buf_clear(&s->link);
	password_forget(s->password);
}

int parcel_secrets_make(struct parcel_secrets *s, struct passwords *passwords,
			const struct parcel *p, const char **code, struct err *e)
{
	int r;

	*s = (struct parcel_secrets){ .link = { .max = LINK_MAX } };
	r = make_link(p, &s->link, e);
	*code = "render_failed";
	if (r < 0 || !job_is_password(&p->job))
		return r;
	if (!p->job.username || !p->job.sealed_password)
		return err_set(e, ERR_INVALID, "credentials: the job has none");
	r = password_open(passwords, p->job.sealed_password, &s->password, e);
	if (r == ERR_AGAIN)
		*code = NULL;
	return r;
}

void parcel_note_template(struct parcel *p, const struct letter_used *used)
{
	p->template_name = used->name;
	p->template_locale = used->locale;
	p->template_sha256 = used->sha256;
	p->template_version = used->version;
}
