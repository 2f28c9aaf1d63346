/*
 * template_priv - a compiled template as its scanner, compiler and renderer share it.
 *
 * Included by template*.c only. A template is one flat array of nodes. Partials are laid out in
 * place; only a partial that (directly or not) contains itself is kept once, at the end of the
 * array, and called. All text and keys are in one pool of bytes.
 */
#ifndef BECKON_TEMPLATE_PRIV_H
#define BECKON_TEMPLATE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

enum node_kind {
	NODE_TEXT,     /* first, count: bytes of the pool */
	NODE_VALUE,    /* first, count: keys of the path; count 0 = the current item */
	NODE_SECTION,  /* the same; jump: the node behind its NODE_END */
	NODE_INVERTED, /* the same; jump: the node behind its last */
	NODE_END,      /* jump: the first node of the section's body */
	NODE_INDENT,   /* a line of a called partial begins: the indentation of the call */
	NODE_CALL,     /* jump: first node of a recursive partial; first, count: its indentation */
	NODE_RETURN,   /* the end of a called partial, or of the template */
};

struct node {
	uint8_t kind;
	bool escape, optional; /* NODE_VALUE */
	bool nested;	       /* NODE_CALL: the indentation adds to that of the caller */
	uint16_t file;	       /* where the tag is, for messages */
	uint32_t line, column;
	uint32_t first, count, jump;
};

struct key {
	uint32_t first, len; /* bytes of the pool */
};

struct template
{
	struct node *nodes;
	struct key *keys;
	char **files; /* names of the template and its partials, for messages */
	size_t node_count, key_count, file_count;
	struct buf pool;
};

struct span {
	const char *at;
	size_t len;
};

enum tag_kind {
	TAG_NONE, /* the source has ended: only text is set */
	TAG_VALUE,
	TAG_RAW, /* {{{name}}} and {{&name}} */
	TAG_SECTION,
	TAG_INVERTED,
	TAG_CLOSE,
	TAG_PARTIAL,
	TAG_COMMENT,
	TAG_DELIMITERS, /* the scanner has followed it already */
	TAG_KINDS
};

struct tag {
	enum tag_kind kind;
	struct span text;   /* what stands before the tag, without what standalone takes away */
	struct span name;   /* trimmed */
	struct span indent; /* white space before a standalone tag */
	bool standalone;    /* alone on its line: the line leaves nothing behind */
	uint32_t line, column;
};

struct scan {
	const char *start, *at, *end;
	struct span open, close; /* the delimiters in force */
	const char *counted;	 /* line and column are those of this byte */
	uint32_t line, column;
};

void scan_init(struct scan *s, struct span source);

/* The next tag with the text before it. ERR_INVALID with a text that lacks the position: it is in
   tag->line and tag->column. */
int scan_next(struct scan *s, struct tag *tag, struct err *e);

/* A template while it grows. */
struct builder {
	struct template *t;
	size_t node_cap, key_cap;
	size_t landing; /* a jump leads here: text from here on is a node of its own */
};

/* A node for tag (NULL: none) of file; the pointer is good until the next one is added. */
struct node *build_node(struct builder *b, enum node_kind kind, const struct tag *tag,
			uint16_t file);
uint32_t build_bytes(struct builder *b, struct span s); /* where they are in the pool */
void build_text(struct builder *b, struct span s);	/* joined with the text before it */
uint16_t build_file(struct builder *b, const char *name);

/* The keys of a dotted name. False where a part is empty. */
bool build_path(struct builder *b, struct node *n, struct span name);

/* The next node is where a jump leads; returns its number. */
uint32_t build_landing(struct builder *b);

#endif
