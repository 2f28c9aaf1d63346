/*
 * accept_page - what a person sees behind the link of an invitation, as HTML. Pure.
 *
 * One page a kind, in English or Russian, with the organisation's name and colour; it needs no
 * JavaScript, loads nothing but the organisation's logo, and says the same whether the reader sees
 * or hears it. Templates are services/status/pages/accept_*; values are escaped by them.
 */
#ifndef BECKON_ACCEPT_PAGE_H
#define BECKON_ACCEPT_PAGE_H

#include <stdbool.h>

#include "accept_form.h"
#include "accept_store.h"
#include "buf.h"
#include "tenant.h"

enum accept_kind {
	ACCEPT_OPEN,	/* the invitation: a form, or the button only */
	ACCEPT_DECLINE, /* "not for me" asks once */
	ACCEPT_ACCEPTED,
	ACCEPT_DECLINED,
	ACCEPT_EXPIRED,
	ACCEPT_CANCELLED,
	ACCEPT_SUPERSEDED,
	ACCEPT_INVALID,
	ACCEPT_AWAY, /* Redis or Kafka cannot be asked */
	ACCEPT_KINDS
};

struct accept_view {
	enum accept_kind kind;
	const struct accept_link *link; /* NULL where nothing is known */
	const struct tenant *tenant;	/* NULL likewise */
	const char *lang;		/* "en" or "ru" */
	const char *href; /* what every link of the page begins with: "?", "?token=...&" */
	const char *style_nonce;
	const char *nonce;		/* of the form */
	const struct accept_form *form; /* as it was sent; NULL = fresh */
	unsigned faults;		/* accept_form_check */
	bool asks;			/* for names and password; else the button only */
	bool stale;			/* the form's nonce had been made too long ago */
};

struct accept_pages;

/* Compiles the templates, which are in the program: cannot fail in a build that passed its tests.
 */
struct accept_pages *accept_pages_new(void);
void accept_pages_free(struct accept_pages *p); /* NULL is fine */

/* Appends the page. Thread-safe. */
void accept_page(const struct accept_pages *p, const struct accept_view *v, struct buf *out);

/* What every link of the page begins with; a token of the path stays there. token NULL = none. */
#define ACCEPT_HREF_SIZE 80
void accept_href(const char *token, bool in_path, char out[ACCEPT_HREF_SIZE]);

/* What a link is to be answered with. */
enum accept_kind accept_kind_of(const struct accept_link *l);

/* The page's language: asked ("en", "ru") where it is one, else the first of these that names one
   of ours, as for messages: the recipient's, the tenant's; then what the browser accepts. Any may
   be NULL. */
const char *accept_lang(const char *asked, const struct accept_link *l, const struct tenant *t,
			const char *accept_language);

#endif
