#include "config_args.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define PLACE "command line"

static const char *const own_flags[] = { "--config", "--set",		"--check",   "--show",
					 "--help",   "--help-markdown", "--version", NULL };

static const struct {
	const char *flag;
	enum config_answer answer;
} answers[] = {
	{ "--check", ANSWER_CHECK },	 { "--show", ANSWER_SHOW },
	{ "--help", ANSWER_HELP },	 { "--help-markdown", ANSWER_MARKDOWN },
	{ "--version", ANSWER_VERSION },
};

static enum config_answer answer_of(const char *flag)
{
	for (size_t i = 0; i < ARRAY_LEN(answers); i++)
		if (strcmp(answers[i].flag, flag) == 0)
			return answers[i].answer;
	return ANSWER_NONE;
}

/* Whether a flag stands alone: those that ask for an answer, and true-or-false keys. */
static bool stands_alone(const struct config *c, const char *flag)
{
	char pair[SLOT_NAME_MAX];
	const struct slot *s = slot_find(c, SPELLING_FLAG, flag, pair);

	return answer_of(flag) || (s && s->key->type == CONFIG_TYPE_BOOL);
}

static bool is_known(const struct config *c, const char *flag)
{
	char pair[SLOT_NAME_MAX];

	for (const char *const *f = own_flags; *f; f++)
		if (strcmp(*f, flag) == 0)
			return true;
	return slot_find(c, SPELLING_FLAG, flag, pair);
}

static int add_setting(struct config_args *out, const struct setting *s, const char *value,
		       struct err *e)
{
	json_t *text = json_string(value);

	if (!text)
		return err_set(e, ERR_INVALID, PLACE ": the value of %.60s is not UTF-8", s->name);
	out->settings[out->setting_count++] =
		(struct setting){ PLACE, s->spelling, xstrdup(s->name), text, own_flags };
	return OK;
}

static int add_set(struct config_args *out, const char *text, struct err *e)
{
	const char *equals = strchr(text, '=');

	if (!equals)
		return err_set(e, ERR_INVALID, PLACE ": --set needs key=value");
	autofree char *name = xstrndup(text, (size_t)(equals - text));

	return add_setting(out, &(struct setting){ .spelling = SPELLING_DOTTED, .name = name },
			   equals + 1, e);
}

/* A known flag with its value; NULL = it has none. */
static int add_flag(struct config_args *out, const char *flag, const char *value, struct err *e)
{
	enum config_answer answer = answer_of(flag);

	if (answer && value)
		return err_set(e, ERR_INVALID, PLACE ": %s takes no value", flag);
	if (answer) {
		out->answer = answer;
		return OK;
	}
	if (!value)
		return err_set(e, ERR_INVALID, PLACE ": %.60s needs a value", flag);
	if (strcmp(flag, "--set") == 0)
		return add_set(out, value, e);
	if (strcmp(flag, "--config") == 0) {
		out->files[out->file_count++] = value;
		return OK;
	}
	return add_setting(out, &(struct setting){ .spelling = SPELLING_FLAG, .name = flag }, value,
			   e);
}

/* The flag at arg with its value, which may be the next word. Returns the number of words. */
static int parse_one(const struct config *c, char **arg, struct config_args *out, struct err *e)
{
	const char *equals = strchr(*arg, '='), *value = equals ? equals + 1 : NULL;
	autofree char *flag = equals ? xstrndup(*arg, (size_t)(equals - *arg)) : xstrdup(*arg);
	bool alone = stands_alone(c, flag);
	int r;

	if (strncmp(flag, "--", 2) != 0)
		return err_set(e, ERR_INVALID, PLACE ": unexpected \"%.60s\", flags begin with --",
			       *arg);
	if (!equals)
		value = !alone ? arg[1] : answer_of(flag) ? NULL : "true";
	if (is_known(c, flag)) {
		r = add_flag(out, flag, value, e);
		return r < 0 ? r : 1 + (!equals && !alone);
	}
	/* before a missing value is told: it may be missing because the flag is wrong */
	json_t *text = json_string(value ? value : "");

	r = config_unknown(c, &(struct setting){ PLACE, SPELLING_FLAG, flag, text, own_flags }, e);
	json_decref(text);
	return r;
}

int config_args_parse(const struct config *c, char **argv, struct config_args *out, struct err *e)
{
	size_t max = 0;
	int words;

	while (argv[max])
		max++;
	out->files = xcalloc(max, sizeof(*out->files));
	out->settings = xcalloc(max, sizeof(*out->settings));
	for (char **arg = argv + (max > 0); *arg; arg += words)
		if ((words = parse_one(c, arg, out, e)) < 0)
			return words;
	return OK;
}

int config_args_apply(struct config *c, const struct config_args *a, struct err *e)
{
	int r = OK;

	for (size_t i = 0; i < a->setting_count && r == OK; i++)
		r = config_apply(c, &a->settings[i], e);
	return r;
}

void config_args_clear(struct config_args *a)
{
	for (size_t i = 0; i < a->setting_count; i++) {
		free((char *)a->settings[i].name);
		json_decref((json_t *)a->settings[i].value);
	}
	free(a->settings);
	free(a->files);
	*a = (struct config_args){ 0 };
}
