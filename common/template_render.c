/* The renderer: walks the nodes with a stack of contexts. Allocates nothing but room in out. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "template.h"
#include "template_priv.h"

/* One level of the context stack: a section entered or a partial called. */
struct frame {
	const json_t *item;
	const json_t *list; /* a section over a list: item is list[index] */
	size_t index;
	const struct node *call; /* a called partial: the node that called it, */
	unsigned caller;	 /* and the frame that was on top then */
};

struct run {
	const struct template *t;
	struct frame frames[TEMPLATE_DEPTH_MAX + 1]; /* the first is the caller's vars */
	unsigned top;
	uint32_t at;  /* the node to run next */
	size_t steps; /* nodes run and contexts searched: what bounds the time */
	bool lenient;
	struct buf *out;
	struct err *e;
};

/* What an operation answers when the template has ended. */
#define DONE 1

static int __attribute__((format(printf, 3, 4)))
fail(const struct run *r, const struct node *n, const char *fmt, ...)
{
	char why[sizeof(r->e->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return err_set(r->e, ERR_INVALID, "%s:%u:%u: %s", r->t->files[n->file], n->line, n->column,
		       why);
}

/* The path as the template has it, for messages. */
static const char *path_text(const struct run *r, const struct node *n, char *out, size_t size)
{
	size_t used = 0;

	snprintf(out, size, ".");
	for (uint32_t i = 0; i < n->count && used < size; i++) {
		const struct key *k = &r->t->keys[n->first + i];

		used += (size_t)snprintf(out + used, size - used, "%s%.*s", i ? "." : "",
					 (int)k->len, r->t->pool.data + k->first);
	}
	return out;
}

static const json_t *member(const struct run *r, const json_t *object, const struct key *k)
{
	return json_object_getn(object, r->t->pool.data + k->first, k->len);
}

/* The innermost object that has the first key decides; the others are looked up in what it holds.
 */
static const json_t *lookup(struct run *r, const struct node *n)
{
	const json_t *v = NULL;
	const struct key *k;

	if (n->count == 0)
		return r->frames[r->top].item;
	k = &r->t->keys[n->first];
	for (unsigned i = r->top + 1; i-- > 0 && !v; r->steps++)
		v = member(r, r->frames[i].item, k);
	for (uint32_t i = 1; i < n->count && v; i++)
		v = member(r, v, k + i);
	return v;
}

static bool is_truthy(const json_t *v)
{
	switch (v ? json_typeof(v) : JSON_NULL) {
	case JSON_NULL:
	case JSON_FALSE:
		return false;
	case JSON_STRING:
		return json_string_length(v) > 0;
	case JSON_ARRAY:
		return json_array_size(v) > 0;
	case JSON_INTEGER:
	case JSON_REAL:
		return json_number_value(v) != 0;
	default:
		return true;
	}
}

static void put(struct run *r, const char *s, size_t n, bool escape)
{
	static const char *const entities[256] = {
		['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"
	};
	size_t from = 0;

	for (size_t i = 0; escape && i < n; i++) {
		const char *entity = entities[(unsigned char)s[i]];

		if (!entity)
			continue;
		buf_add(r->out, s + from, i - from);
		buf_str(r->out, entity);
		from = i + 1;
	}
	buf_add(r->out, s + from, n - from);
}

/* The shortest digits that read back as the same number; whole numbers without ".0". */
static void put_real(struct run *r, double v)
{
	char text[40];
	char *comma;
	int digits = 15;

	do
		snprintf(text, sizeof(text), "%.*g", digits, v);
	while (strtod(text, NULL) != v && ++digits <= 17);
	comma = strchr(text, ','); /* where the process has a locale set */
	if (comma)
		*comma = '.';
	buf_str(r->out, text);
}

/* Lists and objects are no text; plain Mustache wants some all the same, so it gets JSON. */
static int put_compound(struct run *r, const struct node *n, const json_t *v)
{
	autofree char *text = NULL;
	char path[128];

	if (!r->lenient)
		return fail(r, n, "'%s' is a list or an object",
			    path_text(r, n, path, sizeof(path)));
	text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text)
		put(r, text, strlen(text), n->escape);
	return OK;
}

static int put_value(struct run *r, const struct node *n, const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_STRING:
		put(r, json_string_value(v), json_string_length(v), n->escape);
		return OK;
	case JSON_INTEGER:
		buf_fmt(r->out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		return OK;
	case JSON_REAL:
		put_real(r, json_real_value(v));
		return OK;
	case JSON_TRUE:
	case JSON_FALSE:
		buf_str(r->out, json_is_true(v) ? "true" : "false");
		return OK;
	default:
		return put_compound(r, n, v);
	}
}

static int push(struct run *r, const struct node *n, struct frame f)
{
	if (r->top == TEMPLATE_DEPTH_MAX)
		return fail(r, n, "more than %d levels of sections and partials",
			    TEMPLATE_DEPTH_MAX);
	r->frames[++r->top] = f;
	return OK;
}

static int do_text(struct run *r, const struct node *n)
{
	buf_add(r->out, r->t->pool.data + n->first, n->count);
	return OK;
}

static int do_value(struct run *r, const struct node *n)
{
	const json_t *v = lookup(r, n);
	char path[128];

	if (v && !json_is_null(v))
		return put_value(r, n, v);
	if (n->optional || r->lenient)
		return OK;
	return fail(r, n, "variable '%s' is missing", path_text(r, n, path, sizeof(path)));
}

static int do_section(struct run *r, const struct node *n)
{
	const json_t *v = lookup(r, n);
	struct frame f = { .item = v };

	if (!is_truthy(v)) {
		r->at = n->jump;
		return OK;
	}
	if (json_is_array(v))
		f = (struct frame){ .item = json_array_get(v, 0), .list = v };
	return push(r, n, f);
}

static int do_inverted(struct run *r, const struct node *n)
{
	if (is_truthy(lookup(r, n)))
		r->at = n->jump;
	return OK;
}

static int do_end(struct run *r, const struct node *n)
{
	struct frame *f = &r->frames[r->top];

	if (f->list && ++f->index < json_array_size(f->list)) {
		f->item = json_array_get(f->list, f->index);
		r->at = n->jump;
	} else {
		r->top--;
	}
	return OK;
}

/* The frame of the called partial that frame i is in; 0 = none. */
static unsigned calling_frame(const struct run *r, unsigned i)
{
	while (i > 0 && !r->frames[i].call)
		i--;
	return i;
}

/* The outermost caller's indentation comes first. */
static int do_indent(struct run *r, const struct node *n)
{
	const struct node *calls[TEMPLATE_DEPTH_MAX];
	unsigned count = 0;

	(void)n;
	for (unsigned i = calling_frame(r, r->top); i > 0;
	     i = calling_frame(r, r->frames[i].caller)) {
		calls[count++] = r->frames[i].call;
		if (!r->frames[i].call->nested)
			break;
	}
	while (count > 0) {
		const struct node *call = calls[--count];

		buf_add(r->out, r->t->pool.data + call->first, call->count);
	}
	return OK;
}

static int do_call(struct run *r, const struct node *n)
{
	struct frame f = { .item = r->frames[r->top].item, .call = n, .caller = r->top };

	r->at = n->jump;
	return push(r, n, f);
}

static int do_return(struct run *r, const struct node *n)
{
	const struct node *call = r->frames[r->top].call;

	(void)n;
	if (!call)
		return DONE;
	r->at = (uint32_t)(call - r->t->nodes) + 1;
	r->top--;
	return OK;
}

static int (*const ops[])(struct run *r, const struct node *n) = {
	[NODE_TEXT] = do_text,	       [NODE_VALUE] = do_value,	  [NODE_SECTION] = do_section,
	[NODE_INVERTED] = do_inverted, [NODE_END] = do_end,	  [NODE_INDENT] = do_indent,
	[NODE_CALL] = do_call,	       [NODE_RETURN] = do_return,
};

static int run_nodes(struct run *r)
{
	while (r->steps++ < TEMPLATE_STEPS_MAX) {
		const struct node *n = &r->t->nodes[r->at++];
		int result = ops[n->kind](r, n);

		if (result == DONE)
			return OK;
		if (result < 0)
			return result;
		if (r->out->full)
			return err_set(r->e, ERR_INVALID, "%s: the rendering is too large",
				       r->t->files[0]);
	}
	return err_set(r->e, ERR_INVALID, "%s: the rendering takes too many steps", r->t->files[0]);
}

int template_render(const struct template *t, const json_t *vars, bool lenient, struct buf *out,
		    struct err *e)
{
	struct run r = { .t = t, .lenient = lenient, .out = out, .e = e };
	size_t before = out->len;
	int result;

	r.frames[0].item = vars;
	result = run_nodes(&r);
	if (result < 0 && out->data) {
		out->len = before;
		out->data[before] = '\0';
	}
	return result;
}
