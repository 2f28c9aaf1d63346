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
	{ "confirm", FOR(RESEND) | FOR(PASSWORD) },
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
	json_t *template = json_object();

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

static void copy(json_t *to, const json_t *from, const char *name)
{
	json_t *value = json_object_get(from, name);

	if (value)
		json_object_set(to, name, value);
}

/* Who signs in with it: the person's own address, unless it is another. */
static void put_credentials(json_t *data, const json_t *person)
{
	const char *email = text_at(person, "email"), *phone = text_at(person, "phone");

	json_object_set_new(data, "credentials",
			    json_pack("{ss,sb}", "username",
				      email   ? email
				      : phone ? phone
					      : "",
				      "mint", true));
}

/* A request about the person of a row. */
static json_t *request_of(const json_t *row)
{
	static const char *const same[] = { "role", "department", "teams", "metadata" };
	static const char *const persons[] = { "email", "phone",  "name",
					       "user",	"locale", "timezone" };
	const json_t *person = json_object_get(row, "person");
	const json_t *inviter = json_object_get(row, "inviter");
	const char *organisation = text_at(row, "organisation");
	json_t *data = json_pack("{ss,ss}", "trigger", "manual", "send", "now");
	json_t *recipient = json_object();

	for (size_t i = 0; i < ARRAY_LEN(persons); i++)
		copy(recipient, person, persons[i]);
	json_object_set_new(data, "recipient", recipient);
	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		copy(data, row, same[i]);
	if (text_at(inviter, "id") && text_at(inviter, "name"))
		json_object_set_new(data, "inviter",
				    json_pack("{ss,ss}", "id", text_at(inviter, "id"), "name",
					      text_at(inviter, "name")));
	if (organisation)
		json_object_set_new(data, "organisation", json_pack("{ss}", "name", organisation));
	return data;
}

json_t *api_data_of(enum api_act act, const json_t *row, const json_t *said)
{
	const char *kind = text_at(row, "kind");
	bool password =
		act == ACT_PASSWORD || (act == ACT_RESEND && kind && !strcmp(kind, "password"));
	json_t *data = act == ACT_REQUEST || act == ACT_PASSWORD ? request_of(row) : json_object();

	if (act == ACT_REQUEST)
		json_object_set_new(data, "override", json_true());
	if (act == ACT_PASSWORD)
		json_object_set_new(data, "kind", json_string("password"));
	put_options(data, said, act);
	if (password)
		put_credentials(data, json_object_get(row, "person"));
	else if (act == ACT_RESEND) /* said of a selection, where others are passwords */
		json_object_del(data, "confirm");
	return data;
}
