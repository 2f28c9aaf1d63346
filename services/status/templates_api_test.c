/* A test of what holds, to whoever asks and nobody else. */
#include <stdio.h>

#include "crypto.h"
#include "letter_names.h"
#include "templates_api_priv.h"

#define TEST_TTL_S 300 /* how long the link of a test lives */

/* An invite of its own, to nobody but who asks, whose link ends soon. */
static json_t *test_data(const struct web_request *q, const struct catalog_source *which,
			 const char *invite, unsigned version)
{
	bool password = letter_kind_of(which->name) == LETTER_PASSWORD;
	json_t *data = json_pack(
		"{ss,ss,ss,s{ss,ss},ss,ss,ss,ss,s{ss,sI},s{ss}}", "tenant", q->tenant, "invite",
		invite, "kind", password ? "password" : "invite", "recipient", "email",
		q->person.email, "locale", which->locale, "channel", "email", "send", "now",
		"trigger", "manual", "scope", invite, "template", "name", which->name, "version",
		(json_int_t)version, "metadata", "test", "template");

	if (*q->person.name)
		json_object_set_new(json_object_get(data, "recipient"), "name",
				    json_string(q->person.name));
	if (password)
		json_object_update_new(data, json_pack("{s{ss,sb},sb}", "credentials", "username",
						       "test", "mint", 1, "confirm", 1));
	else
		json_object_set_new(data, "link", json_pack("{si}", "ttl_s", TEST_TTL_S));
	return data;
}

void templates_api_test(struct web_request *q, struct http_response *a)
{
	struct templates_api *t = q->ctx;
	struct catalog *c = templates_api_catalog(t);
	struct catalog_source which;
	unsigned char drawn[12];
	char id[CRYPTO_HEX_LEN(sizeof(drawn)) + 1], invite[64];
	struct outlet_event event = {
		.id = id, .type = "invite.requested", .tenant = q->tenant, .invite = invite
	};
	json_t *data = NULL;
	struct err e;
	int r;

	if (!path_of(q, &which, a) || !knows_all(q, (const char *const[]){ NULL }, a))
		goto out;
	if (!*q->person.email) {
		web_problem(a, 422, "recipient_missing", "no e-mail address is known of you");
		goto out;
	}
	crypto_random(drawn, sizeof(drawn));
	crypto_hex(drawn, sizeof(drawn), id);
	snprintf(invite, sizeof(invite), "test-%s", id);
	data = test_data(q, &which, invite, catalog_version(c, q->tenant, which.name));
	event.data = data;
	r = outlet_append(t->shared->outlet, &event, 1, &e);
	if (r != OK)
		web_fail(a, r, &e);
	else
		web_json(a, 202, json_pack("{ss,ss}", "id", id, "invite", invite));
out:
	json_decref(data);
	catalog_free(c);
}
