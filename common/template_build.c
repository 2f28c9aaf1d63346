/* The arrays of a template: nodes, keys, files and the pool of bytes. */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "template.h"
#include "template_priv.h"

/* An array that doubles; *cap is its room. */
static void *grown(void *array, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return array;
	*cap = *cap ? *cap * 2 : 16;
	return xrealloc(array, *cap * size);
}

struct node *build_node(struct builder *b, enum node_kind kind, const struct tag *tag,
			uint16_t file)
{
	struct template *t = b->t;
	struct node *n;

	t->nodes = grown(t->nodes, t->node_count, &b->node_cap, sizeof(*t->nodes));
	n = &t->nodes[t->node_count++];
	*n = (struct node){ .kind = (uint8_t)kind, .file = file };
	if (tag) {
		n->line = tag->line;
		n->column = tag->column;
	}
	return n;
}

uint32_t build_bytes(struct builder *b, struct span s)
{
	uint32_t at = (uint32_t)b->t->pool.len;

	buf_add(&b->t->pool, s.at, s.len);
	return at;
}

void build_text(struct builder *b, struct span s)
{
	struct template *t = b->t;
	struct node *last = t->node_count > b->landing ? &t->nodes[t->node_count - 1] : NULL;
	uint32_t first;

	if (!s.len)
		return;
	first = build_bytes(b, s);
	if (!last || last->kind != NODE_TEXT || last->first + last->count != first) {
		last = build_node(b, NODE_TEXT, NULL, 0);
		last->first = first;
	}
	last->count += (uint32_t)s.len;
}

uint16_t build_file(struct builder *b, const char *name)
{
	struct template *t = b->t;
	size_t i = 0;

	while (i < t->file_count && strcmp(t->files[i], name) != 0)
		i++;
	if (i == t->file_count) {
		t->files = xrealloc(t->files, (i + 1) * sizeof(*t->files));
		t->files[t->file_count++] = xstrdup(name);
	}
	return (uint16_t)i;
}

/* Takes the part before the first dot off the front of name. */
static struct span take_part(struct span *name)
{
	const char *dot = memchr(name->at, '.', name->len);
	struct span part = { name->at, dot ? (size_t)(dot - name->at) : name->len };
	size_t used = part.len + (dot != NULL);

	*name = (struct span){ name->at + used, name->len - used };
	return part;
}

bool build_path(struct builder *b, struct node *n, struct span name)
{
	struct template *t = b->t;

	n->first = (uint32_t)t->key_count;
	if (name.len == 1 && *name.at == '.')
		return true;
	if (name.at[name.len - 1] == '.')
		return false;
	while (name.len) {
		struct span part = take_part(&name);

		if (!part.len)
			return false;
		t->keys = grown(t->keys, t->key_count, &b->key_cap, sizeof(*t->keys));
		t->keys[t->key_count++] = (struct key){ build_bytes(b, part), (uint32_t)part.len };
		n->count++;
	}
	return true;
}

uint32_t build_landing(struct builder *b)
{
	b->landing = b->t->node_count;
	return (uint32_t)b->landing;
}

void template_free(struct template *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->file_count; i++)
		free(t->files[i]);
	free(t->files);
	free(t->nodes);
	free(t->keys);
	buf_clear(&t->pool);
	free(t);
}
