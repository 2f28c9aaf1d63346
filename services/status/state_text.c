/* A state as it is kept and told: a line of numbers, and the JSON that is shown. */
#include "state.h"

#include <stdlib.h>
#include <string.h>

#include "json_write.h"
#include "mem.h"
#include "now.h"

/* The outcome, or what was read, which is parsed now. */
static const json_t *root_of(struct state *s, const struct state_source *from)
{
	if (!from->read)
		return from->root;
	if (!s->read.root)
		s->read.root = json_loads(s->read.json, 0, NULL);
	return s->read.root;
}

const char *state_code(const struct state *s)
{
	return s->last.read ? s->read.code
			    : json_string_value(json_object_get(s->last.root, "code"));
}

/* A line feed would end the line of numbers. */
const char *state_batch(const struct state *s)
{
	const json_t *batch = json_object_get(s->about.root, "batch");
	const char *id = json_string_value(json_object_get(batch, "id"));

	if (s->about.read)
		return s->read.batch;
	return id && *id && !strchr(id, '\n') ? id : NULL;
}

/* ---- the line of numbers ---- */

static const size_t line[] = {
	offsetof(struct state, version),
	offsetof(struct state, place.generation),
	offsetof(struct state, place.turn),
	offsetof(struct state, place.rank),
	offsetof(struct state, carried.generation),
	offsetof(struct state, carried.turn),
	offsetof(struct state, carried.rank),
	offsetof(struct state, about_generation),
	offsetof(struct state, requested_ms),
	offsetof(struct state, invited_ms),
	offsetof(struct state, sent_ms),
	offsetof(struct state, delivered_ms),
	offsetof(struct state, expires_ms),
	offsetof(struct state, updated_ms),
	offsetof(struct state, attempts),
	offsetof(struct state, reminders),
	offsetof(struct state, forgotten),
};

static int64_t *number_at(const struct state *s, size_t offset)
{
	return (int64_t *)((char *)s + offset);
}

/* Numbers, the word, the code ("-" = none), the batch, which may be any line. The last number is
   there only where the person has asked: earlier versions read the others. */
static void write_line(const struct state *s, struct buf *out)
{
	const char *code = state_code(s), *batch = state_batch(s);

	for (size_t i = 0; i < ARRAY_LEN(line); i++) {
		buf_int(out, *number_at(s, line[i]) + (i == 0)); /* the first is the version */
		buf_byte(out, ' ');
	}
	if (s->asked_again_ms) {
		buf_int(out, s->asked_again_ms);
		buf_byte(out, ' ');
	}
	buf_str(out, state_status(s) != VIEW_STATUSES ? outcome_words[s->word].name : "-");
	buf_byte(out, ' ');
	buf_str(out, code ? code : "-");
	buf_byte(out, ' ');
	buf_str(out, batch ? batch : "");
	buf_byte(out, '\n');
}

static char *take(const char **at, char end)
{
	const char *from = *at, *to = strchr(from, end);

	if (!to)
		return NULL;
	*at = to + 1;
	return to == from ? NULL : xstrndup(from, (size_t)(to - from));
}

/* Moves *at behind the numbers. */
static bool read_numbers(const char **at, struct state *s)
{
	char *end;

	for (size_t i = 0; i < ARRAY_LEN(line); i++, *at = end + 1) {
		*number_at(s, line[i]) = strtoll(*at, &end, 10);
		if (end == *at || *end != ' ')
			return false;
	}
	s->asked_again_ms = strtoll(*at, &end, 10);
	if (end > *at && *end == ' ')
		*at = end + 1;
	s->carrier.read = s->carried.generation > 0;
	s->about.read = s->about_generation > 0;
	return s->version > 0;
}

/* Moves *at behind the word. */
static bool read_word(const char **at, struct state *s)
{
	size_t n = strcspn(*at, " ");
	char word[16];

	if (n >= sizeof(word) || (*at)[n] != ' ')
		return false;
	memcpy(word, *at, n);
	word[n] = '\0';
	*at += n + 1;
	s->last.read = strcmp(word, "-") != 0;
	s->word = s->last.read ? outcome_word_find(word) : WORD_COUNT;
	return !s->last.read || s->word != WORD_COUNT;
}

static bool read_line(const char *at, struct state *s)
{
	if (!read_numbers(&at, s) || !read_word(&at, s))
		return false;
	s->read.code = take(&at, ' ');
	if (s->read.code && !strcmp(s->read.code, "-")) {
		free(s->read.code);
		s->read.code = NULL;
	}
	s->read.batch = take(&at, '\n');
	s->read.json = xstrdup(at);
	return *at == '{';
}

bool state_peek(const char *bytes, struct state *out)
{
	struct state s = { 0 };

	if (!read_numbers(&bytes, &s) || !read_word(&bytes, &s))
		return false;
	*out = s;
	return true;
}

/* ---- the JSON ---- */

/* Which outcome each member is taken from. */
static const struct {
	const char *name;
	size_t from;
} members[] = {
	{ "kind", offsetof(struct state, about) },
	{ "code", offsetof(struct state, last) },
	{ "class", offsetof(struct state, last) },
	{ "reason", offsetof(struct state, last) },
	{ "not_before", offsetof(struct state, last) },
	{ "delivery", offsetof(struct state, carrier) },
	{ "channel", offsetof(struct state, carrier) },
	{ "provider", offsetof(struct state, carrier) },
	{ "template", offsetof(struct state, carrier) },
	{ "recipient_masked", offsetof(struct state, about) },
	{ "recipient_hash", offsetof(struct state, about) },
	{ "role", offsetof(struct state, about) },
	{ "department", offsetof(struct state, about) },
	{ "teams", offsetof(struct state, about) },
	{ "batch", offsetof(struct state, about) },
	{ "metadata", offsetof(struct state, about) },
};

static const struct {
	const char *name;
	size_t offset;
	bool is_time;
} numbers[] = {
	{ "requested_at", offsetof(struct state, requested_ms), true },
	{ "invited_at", offsetof(struct state, invited_ms), true },
	{ "sent_at", offsetof(struct state, sent_ms), true },
	{ "delivered_at", offsetof(struct state, delivered_ms), true },
	{ "expires_at", offsetof(struct state, expires_ms), true },
	{ "updated_at", offsetof(struct state, updated_ms), true },
	{ "asked_again_at", offsetof(struct state, asked_again_ms), true },
	{ "attempts", offsetof(struct state, attempts), false },
	{ "reminders", offsetof(struct state, reminders), false },
};

static int add(const char *bytes, size_t n, void *out)
{
	buf_add(out, bytes, n);
	return 0;
}

static void write_member(struct buf *out, const char *name, const json_t *value)
{
	if (json_is_string(value)) {
		json_write_text(out, name, json_string_value(value));
	} else if (value) {
		json_write_name(out, name);
		json_dump_callback(value, add, out, JSON_COMPACT | JSON_ENCODE_ANY);
	}
}

static void write_members(struct buf *out, struct state *s)
{
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		const struct state_source *from = (void *)((char *)s + members[i].from);

		write_member(out, members[i].name,
			     json_object_get(root_of(s, from), members[i].name));
	}
}

static void write_numbers(struct buf *out, const struct state *s)
{
	char time[NOW_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		int64_t v = *number_at(s, numbers[i].offset);

		if (v && numbers[i].is_time)
			json_write_text(out, numbers[i].name, now_text(v, time));
		else if (v)
			json_write_int(out, numbers[i].name, v);
	}
}

static void write_sequence(struct buf *out, struct state_place p)
{
	json_write_name(out, "sequence");
	buf_byte(out, '[');
	buf_int(out, p.generation);
	buf_byte(out, ',');
	buf_int(out, p.turn);
	buf_byte(out, ',');
	buf_int(out, p.rank);
	buf_byte(out, ']');
}

void state_write(struct state *s, const char *tenant, const char *invite, struct buf *out)
{
	enum view_status status = state_status(s);

	write_line(s, out);
	json_write_open(out, NULL);
	json_write_text(out, "tenant", tenant);
	json_write_text(out, "invite", invite);
	json_write_int(out, "version", s->version + 1);
	json_write_int(out, "generation", s->place.generation);
	if (status != VIEW_STATUSES) {
		json_write_text(out, "word", outcome_words[s->word].name);
		json_write_text(out, "status", view_statuses[status]);
		write_sequence(out, s->place);
	}
	write_members(out, s);
	write_numbers(out, s);
	if (state_is_forgotten(s)) {
		json_write_name(out, "forgotten");
		buf_str(out, "true");
	}
	json_write_close(out);
}

const char *state_json(const char *bytes)
{
	const char *end = strchr(bytes, '\n');

	return end ? end + 1 : bytes;
}

int state_read(const char *bytes, size_t len, struct state *out, struct err *e)
{
	struct state s = { 0 };

	if (strlen(bytes) != len || !read_line(bytes, &s)) {
		state_clear(&s);
		return err_set(e, ERR_INVALID, "not the state of an invite");
	}
	*out = s;
	return OK;
}

void state_clear(struct state *s)
{
	state_source_clear(&s->last);
	state_source_clear(&s->carrier);
	state_source_clear(&s->about);
	json_decref(s->read.root);
	free(s->read.json);
	free(s->read.code);
	free(s->read.batch);
	*s = (struct state){ 0 };
}
