#include "cmd_routes.h"

#include <stdio.h>

#include "args.h"
#include "cli.h"
#include "guard.h"
#include "mem.h"
#include "routes_seen.h"
#include "routes_table.h"
#include "settings.h"

struct routes_options {
	const char *lang;
	bool json;
};

#define AT(member) offsetof(struct routes_options, member)
static const struct arg list[] = {
	{ "json", ARG_FLAG, AT(json), NULL, "one JSON object a route", 0, 0 },
	LANG_ARG(AT(lang)),
};
#undef AT

static const struct args args = {
	"routes",
	"[OPTION...]",
	"Shows the relays and SMS providers as the couriers tell of them: open, passed over, on "
	"trial, paused or\n"
	"closed, since when, how much is under way and was taken over in the last minute, and the "
	"last error.\n"
	"Ends with 1 where one is closed. beckon pause stops one, beckon resume goes on.",
	list,
	ARRAY_LEN(list),
	.settings = true,
};

static void show(const struct routes_options *o, enum lang lang, const json_t *items)
{
	static const char *const none[LANG_COUNT] = {
		"no courier tells of itself: is beckon-email or beckon-sms running?\n",
		"ни одна служба не сообщает о себе: запущены ли beckon-email и beckon-sms?\n"
	};
	json_t *item;
	size_t i;

	if (!json_array_size(items))
		fputs(none[lang], stderr);
	if (!o->json)
		routes_table_print(items, lang);
	json_array_foreach (items, i, item)
		if (o->json)
			cli_json(json_incref(item));
}

int cmd_routes(int argc, char **argv)
{
	struct routes_options o = { 0 };
	struct arg_words words = { 0 };
	struct guard *g = NULL;
	json_t *items = NULL;
	struct settings s;
	enum lang lang;
	struct err e;
	int status, r;

	if (args_end(&args, argc, argv, &o, &words, &status))
		return status;
	if (lang_read(o.lang, &lang, &e))
		return cli_usage("routes", &e);
	if (settings_open(&s, &words.settings, &e))
		return cli_fail("routes", ERR_FATAL, &e);
	r = settings_guard(&s, "beckon-routes", &g, &e);
	if (r == OK)
		r = routes_seen(guard_redis(g), s.redis_prefix, &items, &e);
	status = r == OK && routes_table_closed(items) ? CLI_BAD : CLI_GOOD;
	if (r == OK)
		show(&o, lang, items);
	json_decref(items);
	guard_free(g);
	settings_close(&s);
	return r ? cli_fail("routes", r, &e) : status;
}
