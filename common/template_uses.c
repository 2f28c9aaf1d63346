#include "template_uses.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "template_priv.h"

#define NAME_MAX_BYTES 1024 /* longer ones are cut: they are nobody's */

struct section {
	char *name; /* NULL = inverted */
	uint32_t end;
};

struct walk {
	const struct template *t;
	struct section open[TEMPLATE_DEPTH_MAX];
	unsigned depth;
	const char *names[TEMPLATE_DEPTH_MAX];
};

static char *name_of(const struct template *t, const struct node *n)
{
	struct buf name = BUF_INIT(NAME_MAX_BYTES);

	if (!n->count)
		buf_byte(&name, '.');
	for (uint32_t i = 0; i < n->count; i++) {
		const struct key *k = &t->keys[n->first + i];

		if (i)
			buf_byte(&name, '.');
		buf_add(&name, t->pool.data + k->first, k->len);
	}
	return buf_take(&name);
}

static size_t sections_of(struct walk *w)
{
	size_t n = 0;

	for (unsigned i = 0; i < w->depth; i++)
		if (w->open[i].name)
			w->names[n++] = w->open[i].name;
	return n;
}

static void close_ended(struct walk *w, uint32_t at)
{
	while (w->depth && w->open[w->depth - 1].end <= at)
		free(w->open[--w->depth].name);
}

/* Takes over the name. */
static void open_section(struct walk *w, const struct node *n, char *name)
{
	if (n->kind == NODE_INVERTED) {
		free(name);
		name = NULL;
	}
	w->open[w->depth++] = (struct section){ name, n->jump };
}

static bool is_use(const struct node *n, enum template_use_kind *kind)
{
	static const struct {
		enum node_kind node;
		enum template_use_kind use;
	} uses[] = {
		{ NODE_VALUE, TEMPLATE_USE_VALUE },
		{ NODE_SECTION, TEMPLATE_USE_SECTION },
		{ NODE_INVERTED, TEMPLATE_USE_INVERTED },
	};

	for (size_t i = 0; i < ARRAY_LEN(uses); i++) {
		if (n->kind != uses[i].node)
			continue;
		*kind = uses[i].use;
		return true;
	}
	return false;
}

void template_uses(const struct template *t,
		   void (*each)(void *ctx, const struct template_use *use), void *ctx)
{
	struct walk w = { .t = t };

	for (uint32_t i = 0; i < t->node_count; i++) {
		const struct node *n = &t->nodes[i];
		struct template_use use = { .sections = w.names };
		char *name;

		close_ended(&w, i);
		if (!is_use(n, &use.kind))
			continue;
		name = name_of(t, n);
		use.name = name;
		use.optional = n->optional;
		use.escaped = n->escape;
		use.depth = sections_of(&w);
		use.file = t->files[n->file];
		use.line = n->line;
		use.column = n->column;
		each(ctx, &use);
		if (n->kind == NODE_VALUE)
			free(name);
		else
			open_section(&w, n, name);
	}
	close_ended(&w, (uint32_t)t->node_count);
}

bool template_use_within(const struct template_use *use, const char *section)
{
	for (size_t i = 0; i < use->depth; i++)
		if (!strcmp(use->sections[i], section))
			return true;
	return false;
}
