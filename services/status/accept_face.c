#include "accept_face.h"

#include <string.h>

#include "mem.h"
#include "web.h"

#define STYLE_NONCE_BYTES 16
#define PATH "/i/" /* behind it a token may stand */

/* ---- the answer ---- */

/* scheme://host[:port] of a URL that settings have checked. */
static void add_origin(struct buf *out, const char *url)
{
	const char *host = url ? strstr(url, "://") : NULL;

	if (!host)
		return;
	buf_byte(out, ' ');
	buf_add(out, url, (size_t)(host - url) + 3 + strcspn(host + 3, "/?#"));
}

/* Browsers hold a form to form-action even where the answer sends them on. */
static void add_policy(const struct accept_view *v, struct http_response *a)
{
	const struct tenant *t = v->tenant;
	autobuf policy = BUF_INIT(0);

	buf_fmt(&policy, "default-src 'none'; style-src 'nonce-%s'; form-action 'self'",
		v->style_nonce);
	add_origin(&policy, t ? t->accept_redirect : NULL);
	if (t && t->brand_logo) {
		buf_str(&policy, "; img-src");
		add_origin(&policy, t->brand_logo);
	}
	buf_str(&policy, "; base-uri 'none'; frame-ancestors 'none'");
	http_add_header(a, "Content-Security-Policy", policy.data);
}

void accept_answer(const struct accept_pages *p, struct accept_view *v, struct http_response *a)
{
	char style[CRYPTO_BASE64URL_LEN(STYLE_NONCE_BYTES) + 1];
	unsigned char drawn[STYLE_NONCE_BYTES];

	crypto_random(drawn, sizeof(drawn));
	crypto_base64url(drawn, sizeof(drawn), style);
	v->style_nonce = style;
	web_html(a, a->status);
	accept_page(p, v, &a->body);
	add_policy(v, a);
	http_add_header(a, "X-Robots-Tag", "noindex, nofollow");
	v->style_nonce = NULL;
}

/* ---- problems ---- */

static enum accept_kind kind_of(unsigned status)
{
	return status == 429 || status >= 500 ? ACCEPT_AWAY : ACCEPT_INVALID;
}

void accept_face(void *pages, const struct http_request *q, struct http_response *a)
{
	const char *accepts = http_header(q, "Accept");
	char href[ACCEPT_HREF_SIZE];
	struct accept_view v = { .kind = kind_of(a->status), .href = href };

	if (!accepts || !strstr(accepts, "text/html"))
		return;
	accept_href(http_query(q, "token"), !strncmp(q->path, PATH, strlen(PATH)), href);
	v.lang = accept_lang(http_query(q, "lang"), NULL, NULL, http_header(q, "Accept-Language"));
	buf_reset(&a->body);
	accept_answer(pages, &v, a);
}
