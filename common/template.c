/* The compiler: from tags to one flat array of nodes. */
#include "template.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "template_priv.h"
#include "utf8.h"

#define FILES_MAX 256 /* the template and its partials */

/* A partial that contains itself: compiled once, called by number until its first node is known. */
struct routine {
	char *name;
	struct span source;
	uint32_t start;
};

/* A section whose end is still to come. */
struct open {
	size_t node;
	struct span name;
};

struct compiler {
	struct builder b;
	enum template_escape escape;
	const struct template_partials *partials;
	struct routine *routines;
	size_t routine_count;
	struct open open[TEMPLATE_DEPTH_MAX];
	unsigned depth;	   /* open sections and partials */
	unsigned sections; /* of them, those in open[] */
	size_t expanded;   /* bytes of source so far, each partial as often as it is used */
	struct err *e;
};

/* One source being compiled: the template or a partial. */
struct unit {
	const char *name;
	struct unit *up; /* the source that uses it */
	struct scan scan;
	struct tag tag;	    /* being worked on */
	struct span indent; /* goes before each line of it */
	bool called;	    /* and before that, what the caller of the routine says */
	bool line_begins;
	uint16_t file;
	unsigned sections; /* open ones when it began */
};

/* Says why the tag being worked on cannot be compiled. */
static int __attribute__((format(printf, 3, 4)))
fail(struct compiler *c, const struct unit *u, const char *fmt, ...)
{
	char why[sizeof(c->e->text)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return err_set(c->e, ERR_INVALID, "%s:%u:%u: %s", u->name, u->tag.line, u->tag.column, why);
}

/* How much of a name a message shows. */
static int shown(struct span s)
{
	return s.len < 64 ? (int)s.len : 64;
}

/* The indentation of u where one of its lines begins. */
static void begin_line(struct compiler *c, struct unit *u)
{
	if (!u->line_begins)
		return;
	u->line_begins = false;
	if (u->called)
		build_node(&c->b, NODE_INDENT, NULL, 0);
	build_text(&c->b, u->indent);
}

static void add_lines(struct compiler *c, struct unit *u, struct span text)
{
	while (text.len) {
		const char *nl = memchr(text.at, '\n', text.len);
		size_t n = nl ? (size_t)(nl + 1 - text.at) : text.len;

		begin_line(c, u);
		build_text(&c->b, (struct span){ text.at, n });
		u->line_begins = nl != NULL;
		text = (struct span){ text.at + n, text.len - n };
	}
}

static int set_path(struct compiler *c, const struct unit *u, struct node *n, struct span name)
{
	return build_path(&c->b, n, name) ? OK : fail(c, u, "a name has an empty part");
}

static int on_value(struct compiler *c, struct unit *u)
{
	struct span name = u->tag.name;
	struct node *n = build_node(&c->b, NODE_VALUE, &u->tag, u->file);

	n->optional = name.len > 1 && name.at[name.len - 1] == '?';
	n->escape = u->tag.kind == TAG_VALUE && c->escape == TEMPLATE_ESCAPE_HTML;
	name.len -= n->optional;
	return set_path(c, u, n, name);
}

static int descend(struct compiler *c, const struct unit *u)
{
	if (c->depth == TEMPLATE_DEPTH_MAX)
		return fail(c, u, "more than %d levels of sections and partials",
			    TEMPLATE_DEPTH_MAX);
	c->depth++;
	return OK;
}

static int on_section(struct compiler *c, struct unit *u)
{
	enum node_kind kind = u->tag.kind == TAG_INVERTED ? NODE_INVERTED : NODE_SECTION;

	if (descend(c, u) < 0)
		return ERR_INVALID;
	c->open[c->sections++] = (struct open){ c->b.t->node_count, u->tag.name };
	return set_path(c, u, build_node(&c->b, kind, &u->tag, u->file), u->tag.name);
}

static int on_close(struct compiler *c, struct unit *u)
{
	struct span name = u->tag.name;
	struct open *o;
	struct node *opening;

	if (c->sections == u->sections)
		return fail(c, u, "'/%.*s' closes nothing", shown(name), name.at);
	o = &c->open[c->sections - 1];
	opening = &c->b.t->nodes[o->node];
	if (o->name.len != name.len || memcmp(o->name.at, name.at, name.len) != 0)
		return fail(c, u, "'/%.*s' where '%.*s' of line %u is open", shown(name), name.at,
			    shown(o->name), o->name.at, opening->line);
	c->sections--;
	c->depth--;
	if (opening->kind == NODE_SECTION)
		build_node(&c->b, NODE_END, NULL, 0)->jump = (uint32_t)o->node + 1;
	c->b.t->nodes[o->node].jump = build_landing(&c->b);
	return OK;
}

static int on_nothing(struct compiler *c, struct unit *u)
{
	(void)c;
	(void)u;
	return OK;
}

static int on_partial(struct compiler *c, struct unit *u);

static int (*const on_tag[TAG_KINDS])(struct compiler *c, struct unit *u) = {
	[TAG_VALUE] = on_value,	     [TAG_RAW] = on_value,	    [TAG_SECTION] = on_section,
	[TAG_INVERTED] = on_section, [TAG_CLOSE] = on_close,	    [TAG_PARTIAL] = on_partial,
	[TAG_COMMENT] = on_nothing,  [TAG_DELIMITERS] = on_nothing,
};

static int check_source(struct compiler *c, const struct unit *u, struct span source)
{
	if (source.len > TEMPLATE_SIZE_MAX)
		return err_set(c->e, ERR_INVALID, "%s: more than %zu bytes", u->name,
			       TEMPLATE_SIZE_MAX);
	if (memchr(source.at, '\0', source.len) || !utf8_valid(source.at, source.len))
		return err_set(c->e, ERR_INVALID, "%s: not UTF-8 text", u->name);
	return OK;
}

/* The bound that keeps partials using partials from growing without end. */
static int check_expanded(struct compiler *c, const struct unit *u)
{
	if (c->expanded <= TEMPLATE_EXPANDED_MAX && !c->b.t->pool.full &&
	    c->b.t->file_count <= FILES_MAX)
		return OK;
	return err_set(c->e, ERR_INVALID, "%s: more than %zu bytes or %d files with all partials",
		       u->name, TEMPLATE_EXPANDED_MAX, FILES_MAX);
}

static int compile_tags(struct compiler *c, struct unit *u)
{
	struct tag *tag = &u->tag;
	struct err why;

	while (!c->b.t->pool.full) {
		if (scan_next(&u->scan, tag, &why) < 0)
			return fail(c, u, "%s", why.text);
		add_lines(c, u, tag->text);
		if (tag->kind == TAG_NONE)
			break;
		if (!tag->standalone)
			begin_line(c, u);
		if (on_tag[tag->kind](c, u) < 0)
			return ERR_INVALID;
	}
	return check_expanded(c, u);
}

static int compile_unit(struct compiler *c, struct unit *u, struct span source)
{
	scan_init(&u->scan, source);
	u->file = build_file(&c->b, u->name);
	u->sections = c->sections;
	u->line_begins = true;
	c->expanded += source.len;
	if (check_source(c, u, source) < 0 || check_expanded(c, u) < 0 || compile_tags(c, u) < 0)
		return ERR_INVALID;
	if (c->sections > u->sections) {
		const struct open *o = &c->open[c->sections - 1];

		u->tag.line = c->b.t->nodes[o->node].line;
		u->tag.column = c->b.t->nodes[o->node].column;
		return fail(c, u, "section '%.*s' is not closed", shown(o->name), o->name.at);
	}
	return OK;
}

static bool contains_itself(const struct unit *u, const char *name)
{
	/* The outermost unit is the template, or a routine, which may call itself. */
	for (; u; u = u->up)
		if ((u->up || u->called) && strcmp(u->name, name) == 0)
			return true;
	return false;
}

static uint32_t routine_number(struct compiler *c, const char *name, struct span source)
{
	size_t i = 0;

	while (i < c->routine_count && strcmp(c->routines[i].name, name) != 0)
		i++;
	if (i == c->routine_count) {
		c->routines = xrealloc(c->routines, (i + 1) * sizeof(*c->routines));
		c->routines[c->routine_count++] = (struct routine){ xstrdup(name), source, 0 };
	}
	return (uint32_t)i;
}

static void add_call(struct compiler *c, const struct unit *partial, struct span source)
{
	const struct unit *u = partial->up;
	uint32_t first = build_bytes(&c->b, partial->indent);
	struct node *n = build_node(&c->b, NODE_CALL, &u->tag, u->file);

	n->first = first;
	n->count = (uint32_t)partial->indent.len;
	n->nested = partial->called;
	n->jump = routine_number(c, partial->name, source);
}

static int use_partial(struct compiler *c, struct unit *partial, struct span source)
{
	if (contains_itself(partial->up, partial->name)) {
		add_call(c, partial, source);
		return OK;
	}
	if (descend(c, partial->up) < 0 || compile_unit(c, partial, source) < 0)
		return ERR_INVALID;
	c->depth--;
	return OK;
}

static char *joined(struct span a, struct span b)
{
	autobuf both = BUF_INIT(2 * TEMPLATE_EXPANDED_MAX);

	buf_add(&both, a.at, a.len);
	buf_add(&both, b.at, b.len);
	return buf_take(&both);
}

static int on_partial(struct compiler *c, struct unit *u)
{
	const struct template_partials *p = c->partials;
	autofree char *name = xstrndup(u->tag.name.at, u->tag.name.len);
	autofree char *indent = joined(u->indent, u->tag.indent);
	struct unit partial = { .name = name, .up = u };
	struct span source = { 0 };

	if (u->tag.name.len > TEMPLATE_NAME_MAX)
		return fail(c, u, "a partial's name is too long");
	source.at = p ? p->find(p->ctx, name, &source.len) : NULL;
	if (!source.at)
		return p && p->lenient ? OK : fail(c, u, "there is no partial '%s'", name);
	if (u->tag.standalone) {
		partial.indent = (struct span){ indent, u->indent.len + u->tag.indent.len };
		partial.called = u->called;
	}
	return use_partial(c, &partial, source);
}

static int compile_routines(struct compiler *c)
{
	struct template *t = c->b.t;

	for (size_t i = 0; i < c->routine_count; i++) { /* the count grows on the way */
		struct unit u = { .name = c->routines[i].name, .called = true };

		c->routines[i].start = build_landing(&c->b);
		c->depth = 0;
		if (compile_unit(c, &u, c->routines[i].source) < 0)
			return ERR_INVALID;
		build_node(&c->b, NODE_RETURN, NULL, 0);
	}
	for (size_t i = 0; i < t->node_count; i++)
		if (t->nodes[i].kind == NODE_CALL)
			t->nodes[i].jump = c->routines[t->nodes[i].jump].start;
	return OK;
}

static struct template *template_new(void)
{
	struct template *t = xcalloc(1, sizeof(*t));

	t->pool = (struct buf)BUF_INIT(TEMPLATE_EXPANDED_MAX);
	return t;
}

int template_compile(struct template **out, const char *name, const char *source, size_t len,
		     enum template_escape escape, const struct template_partials *partials,
		     struct err *e)
{
	struct compiler c = {
		.b.t = template_new(), .escape = escape, .partials = partials, .e = e
	};
	struct unit u = { .name = name };
	int r = compile_unit(&c, &u, (struct span){ source, len });

	build_node(&c.b, NODE_RETURN, NULL, 0);
	if (r == OK)
		r = compile_routines(&c);
	for (size_t i = 0; i < c.routine_count; i++)
		free(c.routines[i].name);
	free(c.routines);
	if (r == OK)
		*out = c.b.t;
	else
		template_free(c.b.t);
	return r;
}
