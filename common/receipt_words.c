#include "receipt_words.h"

#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "mem.h"
#include "yamldoc.h"

const char *const receipt_statuses[RECEIPT_STATUSES] = {
	[RECEIPT_PASSING] = "passing",
	[RECEIPT_DELIVERED] = "delivered",
	[RECEIPT_UNDELIVERED] = "undelivered",
};

/* Pairs of text; those of codes and suppress may be absent. */
struct receipt_words {
	json_t *statuses, *codes, *suppress;
};

static bool status_read(const char *word, struct receipt_status_word *out)
{
	const struct code *code = codes_find(word);

	*out = (struct receipt_status_word){ RECEIPT_UNDELIVERED, NULL };
	for (int i = 0; i < RECEIPT_STATUSES; i++)
		if (!strcmp(receipt_statuses[i], word)) {
			out->status = i;
			return true;
		}
	if (!code || code->class == 'U')
		return false;
	out->code = code->name;
	return true;
}

static bool is_status(const char *word)
{
	struct receipt_status_word out;

	return status_read(word, &out);
}

static bool is_code(const char *word)
{
	return codes_find(word) != NULL;
}

/* As `codes` of answers may say, too. */
static bool is_code_or_ok(const char *word)
{
	return !strcmp(word, "ok") || is_code(word);
}

static bool is_why(const char *word)
{
	return suppress_why_find(word) != SUPPRESS_NOT;
}

/* What may stand where. */
static const struct part {
	const char *name, *path;
	bool (*is)(const char *word);
	const char *rule;
} statuses = { "statuses", "receipt.statuses", is_status,
	       "each status: passing, delivered, undelivered or a code of errors.json" },
  codes[] = { { "codes", "receipt.codes", is_code, "each code: a code of errors.json" },
	      { "codes", "codes", is_code_or_ok, "each code: ok, or a code of errors.json" } },
  suppress[] = { { "suppress", "receipt.suppress", is_why,
		   "some codes: failed, complaint or opted_out" },
		 { "suppress", "suppress", is_why, "some codes: failed, complaint or opted_out" } };

static const struct part *const parts[] = { &statuses, &codes[0], &suppress[0] };

static int take(const json_t *from, const struct part *p, json_t **out, struct err *e)
{
	const json_t *v = json_object_get(from, p->name);
	const char *name;
	json_t *meaning;

	if (v && !json_is_object(v))
		return err_set(e, ERR_INVALID, "%s: %s", p->path, p->rule);
	json_object_foreach ((json_t *)v, name, meaning) {
		const char *word = json_string_value(meaning);

		if (!word || !p->is(word))
			return err_set(e, ERR_INVALID, "%s.%.40s: %s", p->path, name, p->rule);
	}
	*out = json_incref((json_t *)v);
	return OK;
}

/* receipt's own, or else those of the answers. */
static int take_either(const json_t *receipt, const json_t *description, const struct part p[2],
		       json_t **out, struct err *e)
{
	bool own = json_object_get(receipt, p[0].name) != NULL;

	return take(own ? receipt : description, &p[own ? 0 : 1], out, e);
}

static int refuse_unknown(const json_t *receipt, struct err *e)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)receipt, name, value) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_LEN(parts); i++)
			known |= !strcmp(parts[i]->name, name);
		if (!known)
			return err_set(e, ERR_INVALID, "receipt.%.40s: not known here", name);
	}
	return OK;
}

int receipt_words_parse(struct receipt_words **out, const json_t *description, struct err *e)
{
	const json_t *receipt = json_object_get(description, "receipt");
	struct receipt_words *w;

	if (!json_is_object(receipt) || !json_object_get(receipt, statuses.name))
		return err_set(e, ERR_INVALID, "%s: missing; %s", statuses.path, statuses.rule);
	w = xcalloc(1, sizeof(*w));
	if (refuse_unknown(receipt, e) < 0 || take(receipt, &statuses, &w->statuses, e) < 0 ||
	    take_either(receipt, description, codes, &w->codes, e) < 0 ||
	    take_either(receipt, description, suppress, &w->suppress, e) < 0) {
		receipt_words_free(w);
		return ERR_INVALID;
	}
	*out = w;
	return OK;
}

int receipt_words_read(struct receipt_words **out, const char *path, struct err *e)
{
	struct yamldoc y;
	int r = yamldoc_read(&y, path, e);

	if (r < 0)
		return r;
	r = receipt_words_parse(out, y.value, e);
	yamldoc_clear(&y);
	return r < 0 ? err_prefix(e, r, "%s", path) : OK;
}

void receipt_words_free(struct receipt_words *w)
{
	if (!w)
		return;
	json_decref(w->statuses);
	json_decref(w->codes);
	json_decref(w->suppress);
	free(w);
}

/* ---- what it means ---- */

static const char *find(const json_t *pairs, const char *name)
{
	return json_string_value(json_object_get(pairs, name));
}

bool receipt_words_status(const struct receipt_words *w, const char *status,
			  struct receipt_status_word *out)
{
	const char *word = find(w->statuses, status);

	return word && status_read(word, out);
}

const char *receipt_words_code(const struct receipt_words *w, const char *code)
{
	const char *word = find(w->codes, code);
	const struct code *known = word ? codes_find(word) : NULL;

	return known && known->class != 'U' ? known->name : NULL;
}

enum suppress_why receipt_words_suppress(const struct receipt_words *w, const char *code)
{
	const char *why = find(w->suppress, code);

	return why ? suppress_why_find(why) : SUPPRESS_NOT;
}
