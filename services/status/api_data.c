#include "api_data.h"

#include <string.h>

#include "form.h"
#include "mem.h"

/* ---- what the options say ---- */

static const struct option {
	const char *name;
	unsigned acts; /* those it is for */
} options[] = {
#define FOR(act) (1u << ACT_##act)
	{ "note", FOR(RELEASE) | FOR(RESEND) | FOR(REQUEST) | FOR(PASSWORD) },
	{ "subject", FOR(RELEASE) | FOR(RESEND) | FOR(REQUEST) | FOR(PASSWORD) },
	{ "reason",
	  FOR(RELEASE) | FOR(RESEND) | FOR(CANCEL) | FOR(SEND_NOW) | FOR(RESOLVE) | FOR(FORGET) },
	{ "ttl_s", FOR(RESEND) },
	{ "recipient", FOR(RESEND) },
	{ "as", FOR(RESOLVE) },
	{ "confirm", FOR(RESEND) | FOR(REQUEST) | FOR(PASSWORD) },
#undef FOR
};

bool api_options_known(const json_t *said, struct err *e)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)said, name, value) {
		size_t i = 0;

		while (i < ARRAY_LEN(options) && strcmp(options[i].name, name))
			i++;
		if (i < ARRAY_LEN(options))
			continue;
		err_set(e, ERR_INVALID, "there is no option %.20s",
			form_name(name, strlen(name)) ? name : "of that name");
		return false;
	}
	return true;
}

/* Puts what is said for this act into data; note and subject go into its template. */
static void put_options(json_t *data, const json_t *said, enum api_act act)
{
	json_t *template = json_object(), *kept = json_object_get(data, "template");

	if (json_is_object(kept))
		json_object_update(template, kept);
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		json_t *value = json_object_get(said, options[i].name);
		bool wording =
			!strcmp(options[i].name, "note") || !strcmp(options[i].name, "subject");

		if (value && (options[i].acts & (1u << act)))
			json_object_set(wording ? template : data, options[i].name, value);
	}
	if (json_object_size(template))
		json_object_set(data, "template", template);
	json_decref(template);
}

/* ---- data of each act ---- */

static const char *text_at(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* Who signs in with it: by the name that was told before; where that was the address, or there is
   none, by the address that it goes to. */
static const char *username_of(const json_t *row, const json_t *said)
{
	const json_t *person = json_object_get(row, "person");
	const json_t *before = json_object_get(json_object_get(row, "request"), "credentials");
	const char *told = text_at(before, "username"), *email = text_at(person, "email");
	const char *corrected = text_at(json_object_get(said, "recipient"), "email");
	const char *phone = text_at(person, "phone");

	if (told && (!email || strcmp(told, email)))
		return told;
	return corrected ? corrected : email ? email : phone ? phone : "";
}

/* The request that the invite keeps, asked again: the person with language and zone, by the same
   channel, from the same inviter, with the same link. A password is another matter: of it the
   person is the same. */
static json_t *request_of(enum api_act act, const json_t *row)
{
	static const char *const once[] = { "schedule", "credentials", "confirm", "override",
					    "route" };
	static const char *const others[] = { "invite", "channel", "template", "link", "batch" };
	const json_t *kept = json_object_get(row, "request");
	json_t *data = kept ? json_deep_copy(kept) : json_object();

	for (size_t i = 0; i < ARRAY_LEN(once); i++)
		json_object_del(data, once[i]);
	for (size_t i = 0; act == ACT_PASSWORD && i < ARRAY_LEN(others); i++)
		json_object_del(data, others[i]);
	json_object_set_new(data, "trigger", json_string("manual"));
	json_object_set_new(data, "send", json_string("now"));
	return data;
}

json_t *api_data_of(enum api_act act, const json_t *row, const json_t *said)
{
	const char *kind = text_at(row, "kind");
	bool anew = act == ACT_REQUEST || act == ACT_PASSWORD;
	bool password = act == ACT_PASSWORD || ((act == ACT_RESEND || act == ACT_REQUEST) && kind &&
						!strcmp(kind, "password"));
	json_t *data = anew ? request_of(act, row) : json_object();

	if (act == ACT_REQUEST)
		json_object_set_new(data, "override", json_true());
	if (act == ACT_PASSWORD)
		json_object_set_new(data, "kind", json_string("password"));
	put_options(data, said, act);
	if (password)
		json_object_set_new(
			data, "credentials",
			json_pack("{ss,sb}", "username", username_of(row, said), "mint", true));
	else /* said of a selection, where others are passwords */
		json_object_del(data, "confirm");
	return data;
}
