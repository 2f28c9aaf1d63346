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

static int apply(struct config *c, const struct config_arg *a, struct err *e)
{
	struct setting s = { PLACE, a->spelling, a->name, json_string(a->value), own_flags };
	int r;

	if (!s.value)
		return err_set(e, ERR_INVALID, PLACE ": the value of %.60s is not UTF-8", a->name);
	r = config_apply(c, &s, e);
	json_decref((json_t *)s.value);
	return r;
}

/* Whether a flag stands alone: those that ask for an answer, and true-or-false keys. */
static bool stands_alone(const struct config *c, const char *flag)
{
	char pair[SLOT_NAME_MAX];
	const struct slot *s = slot_find(c, SPELLING_FLAG, flag, pair);

	return answer_of(flag) || (s && s->key->type == CONFIG_TYPE_BOOL);
}

static int add_set(struct config_args *out, const char *text, struct err *e)
{
	const char *equals = text ? strchr(text, '=') : NULL;

	if (!equals)
		return err_set(e, ERR_INVALID, PLACE ": --set needs key=value");
	out->args[out->arg_count++] =
		(struct config_arg){ SPELLING_DOTTED, xstrndup(text, (size_t)(equals - text)),
				     equals + 1 };
	return OK;
}

/* One flag with its value; NULL = it has none. */
static int add_flag(const struct config *c, struct config_args *out, const char *flag,
		    const char *value, struct err *e)
{
	bool alone = stands_alone(c, flag);

	if (strcmp(flag, "--set") == 0)
		return add_set(out, value, e);
	if (answer_of(flag)) {
		out->answer = answer_of(flag);
		return value ? err_set(e, ERR_INVALID, PLACE ": %s takes no value", flag) : OK;
	}
	if (!value && !alone)
		return err_set(e, ERR_INVALID, PLACE ": %.60s needs a value", flag);
	if (strcmp(flag, "--config") == 0)
		out->files[out->file_count++] = value;
	else
		out->args[out->arg_count++] =
			(struct config_arg){ SPELLING_FLAG, xstrdup(flag), value ? value : "true" };
	return OK;
}

/* Unknown flags are found before their value is looked for: the value may be missing because the
   flag is wrong. */
static int known_flag(const struct config *c, const char *flag, const char *value, struct err *e)
{
	struct config_arg a = { SPELLING_FLAG, (char *)flag, value ? value : "" };
	char pair[SLOT_NAME_MAX];

	for (const char *const *f = own_flags; *f; f++)
		if (strcmp(*f, flag) == 0)
			return OK;
	if (slot_find(c, SPELLING_FLAG, flag, pair))
		return OK;
	return apply((struct config *)c, &a, e); /* changes nothing: there is no such key */
}

int config_args_parse(const struct config *c, char **argv, struct config_args *out, struct err *e)
{
	size_t max = 0;
	int r = OK;

	while (argv[max])
		max++;
	out->files = xcalloc(max, sizeof(*out->files));
	out->args = xcalloc(max, sizeof(*out->args));
	for (char **arg = argv + (max > 0); r == OK && *arg; arg++) {
		const char *value = strchr(*arg, '=');
		autofree char *flag =
			value ? xstrndup(*arg, (size_t)(value - *arg)) : xstrdup(*arg);

		if (strncmp(flag, "--", 2) != 0)
			return err_set(e, ERR_INVALID,
				       PLACE ": unexpected \"%.60s\", flags begin with --", *arg);
		if (value)
			value++;
		else if (arg[1] && !stands_alone(c, flag))
			value = arg[1];
		if ((r = known_flag(c, flag, value, e)) < 0 ||
		    (r = add_flag(c, out, flag, value, e)) < 0)
			return r;
		if (value == arg[1])
			arg++;
	}
	return r;
}

int config_args_apply(struct config *c, const struct config_args *a, struct err *e)
{
	int r = OK;

	for (size_t i = 0; i < a->arg_count && r == OK; i++)
		r = apply(c, &a->args[i], e);
	return r;
}

void config_args_clear(struct config_args *a)
{
	for (size_t i = 0; i < a->arg_count; i++)
		free(a->args[i].name);
	free(a->args);
	free(a->files);
	*a = (struct config_args){ 0 };
}
