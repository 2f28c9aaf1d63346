#include "render_letter.h"

#include <stdio.h>
#include <string.h>

#include "address.h"
#include "ids.h"
#include "letter_vars.h"
#include "now.h"

#define SAMPLE_TO "anna@example.com"
#define SAMPLE_FROM "no-reply@beckon.example"
#define SAMPLE_CONTACT "help@beckon.example"
#define SAMPLE_LINK "https://accept.example.com/?token=k1.sampleonlysampleonlysampleonlysa"
#define SAMPLE_TTL_S 86400
#define SAMPLE_USERNAME "anna"
#define SAMPLE_PASSWORD "k7mf-2xqn-wd9t-hv4s-p8rb"

/* The facts and whatever they point to. */
struct sample {
	struct address to, from;
	char delivery[IDS_DELIVERY_SIZE];
	struct letter_sender sender;
	struct letter_facts facts;
};

static const char *given(const char *option, const json_t *value, const char *otherwise)
{
	const char *text = json_string_value(value);

	return option ? option : text ? text : otherwise;
}

static int address_read(const char *option, const char *typed, struct address *out, struct err *e)
{
	const char *code;
	int r = address_normalise(typed, out, &code, e);

	return r < 0 ? err_prefix(e, r, "%s: %s", option, code) : OK;
}

/* The first invitation of the request, unless another delivery is asked for. */
static int delivery_read(const char *option, const json_t *data, char out[IDS_DELIVERY_SIZE],
			 struct err *e)
{
	struct delivery d = { .generation = 1, .channel = "email" };
	const char *invite = given(NULL, letter_text(data, NULL, "invite"), "sample");
	const char *tenant = given(NULL, letter_text(data, NULL, "tenant"), "sample");

	snprintf(d.tenant, sizeof(d.tenant), "%s", tenant);
	snprintf(d.invite, sizeof(d.invite), "%s", invite);
	ids_delivery_build(&d, out);
	if (option)
		snprintf(out, IDS_DELIVERY_SIZE, "%s", option);
	if (ids_delivery_parse(out, &d, NULL) < 0)
		return err_set(e, ERR_INVALID,
			       "--delivery: not <tenant>/<invite>.<generation>.email.<n>");
	return OK;
}

static int times_read(const char *now, const json_t *data, struct letter_facts *f, struct err *e)
{
	int64_t ttl_s = json_integer_value(json_object_get(json_object_get(data, "link"), "ttl_s"));

	f->now_ms = now_ms();
	if (now && !now_parse(now, &f->now_ms))
		return err_set(e, ERR_INVALID, "--now: not an RFC 3339 time");
	f->date_ms = f->now_ms;
	f->expires_ms = f->now_ms + (ttl_s > 0 ? ttl_s : SAMPLE_TTL_S) * 1000;
	return OK;
}

/* What a password mail has instead of an invitation's link. The password is made up: the real one
   is opened only to send. */
static void password_fill(struct letter_facts *f, const char *link, const json_t *data)
{
	f->username = given(NULL, letter_text(data, "credentials", "username"), SAMPLE_USERNAME);
	f->password = SAMPLE_PASSWORD;
	f->link = given(link, letter_text(data, "link", "base"), NULL);
	f->expires_ms = 0;
}

static int sample_fill(struct sample *s, const struct render_letter *o, const json_t *data,
		       struct err *e)
{
	const char *to = given(o->to, letter_text(data, "recipient", "email"), SAMPLE_TO);
	const char *contact = o->contact ? o->contact : SAMPLE_CONTACT;
	int r;

	if ((r = address_read("--to", to, &s->to, e)) < 0 ||
	    (r = address_read("--from", o->from ? o->from : SAMPLE_FROM, &s->from, e)) < 0 ||
	    (r = delivery_read(o->delivery, data, s->delivery, e)) < 0 ||
	    (r = times_read(o->now, data, &s->facts, e)) < 0)
		return r;
	s->sender.from_name = "beckon";
	s->sender.from_address = s->from.normalised;
	s->sender.contact = contact;
	s->sender.id_domain = address_domain(&s->from);
	s->facts.delivery = s->delivery;
	s->facts.to = s->to.normalised;
	s->facts.link = o->link ? o->link : SAMPLE_LINK;
	s->facts.timezone = json_string_value(letter_text(data, "recipient", "timezone"));
	s->facts.data = data;
	if (!strcmp(given(NULL, letter_text(data, NULL, "kind"), "invite"), "password"))
		password_fill(&s->facts, o->link, data);
	return OK;
}

int render_letter_vars(const struct render_letter *o, const json_t *data, const char *locale,
		       json_t **vars, struct err *e)
{
	struct sample s = { 0 };
	int r = sample_fill(&s, o, data, e);

	if (r == OK)
		*vars = letter_vars(&s.sender, &s.facts, locale);
	return r;
}

int render_letter_eml(const struct render_letter *o, const json_t *data,
		      const struct letter_content *content, struct buf *out, struct err *e)
{
	struct sample s = { 0 };
	const char *code;
	int r;

	if ((r = sample_fill(&s, o, data, e)) < 0)
		return r;
	r = letter_compose(content, &s.sender, &s.facts, out, &code, e);
	return r < 0 ? err_prefix(e, r, "%s", code) : OK;
}
