#include "letter_sample.h"

#include <string.h>
#include <strings.h>

#include "buf.h"
#include "letter_vars.h"
#include "link.h"
#include "mem.h"
#include "template_uses.h"

#define SAMPLE_BASE "https://" LETTER_SAMPLE_HOST "/"
#define SAMPLE_TOKEN "k1.sampleonlysampleonlysampleonlysa"
#define SAMPLE_TTL_S 86400
#define SAMPLE_USERNAME "anna"
#define SAMPLE_PASSWORD "k7mf-2xqn-wd9t-hv4s-p8rb"

static const char sample_en[] =
	"{\"organisation\":{\"name\":\"Example Works\"},"
	"\"recipient\":{\"name\":\"Anna\"},\"inviter\":{\"name\":\"Peter Lind\"},"
	"\"role\":\"Editor\",\"department\":\"Design\",\"teams\":[\"Red\",\"Blue\"],"
	"\"template\":{\"note\":\"Glad to have you with us.\\nWrite to me when you are in.\"}}";
static const char sample_ru[] =
	"{\"organisation\":{\"name\":\"Пример\"},"
	"\"recipient\":{\"name\":\"Анна\"},\"inviter\":{\"name\":\"Пётр Лебедев\"},"
	"\"role\":\"Редактор\",\"department\":\"Дизайн\",\"teams\":[\"Красные\",\"Синие\"],"
	"\"template\":{\"note\":\"Будем рады работать вместе.\\nНапишите мне, когда войдёте.\"}}";

static json_t *made_up(const struct letter_sample *s)
{
	bool russian = s->locale && !strncasecmp(s->locale, "ru", 2);

	if (s->least)
		return json_object();
	return json_loads(russian ? sample_ru : sample_en, 0, NULL);
}

/* Those that the template uses beside those that there are. */
static void fill_own(void *all, const struct template_use *use)
{
	static const char prefix[] = "vars.";
	const char *name = use->name + sizeof(prefix) - 1;

	if (strncmp(use->name, prefix, sizeof(prefix) - 1) || strchr(name, '.'))
		return;
	if (!json_object_get(all, name))
		json_object_set_new(all, name, json_string(name));
}

static void fill_vars(json_t *vars, const struct catalog_entry *entry)
{
	json_t *all = json_copy(json_object_get(vars, "vars"));

	for (enum part part = 0; part < PART_COUNT; part++)
		if (entry->parts[part])
			template_uses(entry->parts[part], fill_own, all);
	json_object_set_new(vars, "vars", all);
}

/* The data in the words of whoever is writing; takes the reference. */
static json_t *reworded(json_t *data, const struct letter_sample *s)
{
	json_t *own = json_copy(data), *template = json_copy(json_object_get(data, "template"));

	if (!template)
		template = json_object();
	if (s->note)
		json_object_set_new(template, "note", json_string(s->note));
	if (s->subject)
		json_object_set_new(template, "subject", json_string(s->subject));
	json_object_set_new(own, "template", template);
	json_decref(data);
	return own;
}

/* What a real request says of the link; else what is said for all. */
static const char *base_of(const struct letter_sample *s)
{
	const char *own = json_string_value(letter_text(s->data, "link", "base"));

	if (own || (s->data && s->kind == LETTER_PASSWORD)) /* no page to sign in is known */
		return own;
	return s->link_base ? s->link_base : SAMPLE_BASE;
}

static int64_t ttl_of(const struct letter_sample *s)
{
	const json_t *own = json_object_get(json_object_get(s->data, "link"), "ttl_s");

	if (json_is_integer(own))
		return json_integer_value(own);
	return s->ttl_s ? s->ttl_s : SAMPLE_TTL_S;
}

/* Of a real person the one that a password asked for here would have. */
static const char *username_of(const struct letter_sample *s)
{
	static const char *const places[][2] = { { "credentials", "username" },
						 { "recipient", "email" },
						 { "recipient", "phone" } };

	for (size_t i = 0; s->data && i < ARRAY_LEN(places); i++) {
		const json_t *name = letter_text(s->data, places[i][0], places[i][1]);

		if (name)
			return json_string_value(name);
	}
	return SAMPLE_USERNAME;
}

json_t *letter_sample_vars(const struct letter_sample *s, const struct catalog_entry *entry)
{
	static const struct letter_sender nobody = { .from_name = "Example Works" };
	json_t *given = s->data ? json_incref((json_t *)s->data) : made_up(s), *vars;
	json_t *data = reworded(given, s);
	bool password = s->kind == LETTER_PASSWORD;
	autobuf link = BUF_INIT(LINK_MAX);
	struct letter_sender sender = s->sender ? *s->sender : nobody;
	struct letter_facts f = {
		.timezone = json_string_value(letter_text(data, "recipient", "timezone")),
		.default_timezone = s->timezone,
		.date_ms = s->now_ms,
		.now_ms = s->now_ms,
		.data = data,
	};

	if (!s->sender && !s->least)
		sender.contact = "help@example.com";
	if (!password)
		f.expires_ms = s->now_ms + ttl_of(s) * 1000;
	if (base_of(s) && (!s->least || !password)) /* the page to sign in may be absent */
		link_build(base_of(s), password ? NULL : SAMPLE_TOKEN, &link, NULL);
	f.link = link.data;
	f.username = password ? username_of(s) : NULL;
	f.password = password ? SAMPLE_PASSWORD : NULL;
	vars = letter_vars(&sender, &f, s->locale);
	if (entry)
		fill_vars(vars, entry);
	json_decref(data);
	return vars;
}
