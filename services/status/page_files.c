#include "page_files.h"

#include <stdio.h>
#include <string.h>

#include "actions_js.h"
#include "api_js.h"
#include "base_css.h"
#include "batches_js.h"
#include "channels_css.h"
#include "channels_js.h"
#include "choose_js.h"
#include "dom_js.h"
#include "fleet_js.h"
#include "fleet_rates_js.h"
#include "form_js.h"
#include "format_js.h"
#include "icon_svg.h"
#include "import_js.h"
#include "index_html.h"
#include "invite_js.h"
#include "main_js.h"
#include "parts_css.h"
#include "pausing_js.h"
#include "preview_frame_js.h"
#include "preview_people_js.h"
#include "preview_html.h"
#include "preview_js.h"
#include "settings_js.h"
#include "templates_js.h"
#include "users_filter_js.h"
#include "users_js.h"
#include "users_table_js.h"
#include "words_en_js.h"
#include "words_js.h"
#include "words_ru_js.h"
#include "crypto.h"
#include "mem.h"

#define ETAG_SIZE (CRYPTO_HEX_LEN(CRYPTO_HASH_BYTES) + 3)

#define HTML "text/html; charset=utf-8"
#define JS "text/javascript; charset=utf-8"
#define CSS "text/css; charset=utf-8"
#define SVG "image/svg+xml"

static const struct file {
	const char *name, *type, *bytes;
	size_t len;
} files[] = {
	/* clang-format off */
	{ "actions.js", JS, actions_js, sizeof(actions_js) - 1 },
	{ "api.js", JS, api_js, sizeof(api_js) - 1 },
	{ "base.css", CSS, base_css, sizeof(base_css) - 1 },
	{ "batches.js", JS, batches_js, sizeof(batches_js) - 1 },
	{ "channels.css", CSS, channels_css, sizeof(channels_css) - 1 },
	{ "channels.js", JS, channels_js, sizeof(channels_js) - 1 },
	{ "choose.js", JS, choose_js, sizeof(choose_js) - 1 },
	{ "dom.js", JS, dom_js, sizeof(dom_js) - 1 },
	{ "fleet.js", JS, fleet_js, sizeof(fleet_js) - 1 },
	{ "fleet_rates.js", JS, fleet_rates_js, sizeof(fleet_rates_js) - 1 },
	{ "form.js", JS, form_js, sizeof(form_js) - 1 },
	{ "format.js", JS, format_js, sizeof(format_js) - 1 },
	{ "icon.svg", SVG, icon_svg, sizeof(icon_svg) - 1 },
	{ "import.js", JS, import_js, sizeof(import_js) - 1 },
	{ "index.html", HTML, index_html, sizeof(index_html) - 1 },
	{ "invite.js", JS, invite_js, sizeof(invite_js) - 1 },
	{ "main.js", JS, main_js, sizeof(main_js) - 1 },
	{ "parts.css", CSS, parts_css, sizeof(parts_css) - 1 },
	{ "pausing.js", JS, pausing_js, sizeof(pausing_js) - 1 },
	{ "preview.html", HTML, preview_html, sizeof(preview_html) - 1 },
	{ "preview.js", JS, preview_js, sizeof(preview_js) - 1 },
	{ "preview_frame.js", JS, preview_frame_js, sizeof(preview_frame_js) - 1 },
	{ "preview_people.js", JS, preview_people_js, sizeof(preview_people_js) - 1 },
	{ "settings.js", JS, settings_js, sizeof(settings_js) - 1 },
	{ "templates.js", JS, templates_js, sizeof(templates_js) - 1 },
	{ "users.js", JS, users_js, sizeof(users_js) - 1 },
	{ "users_filter.js", JS, users_filter_js, sizeof(users_filter_js) - 1 },
	{ "users_table.js", JS, users_table_js, sizeof(users_table_js) - 1 },
	{ "words.js", JS, words_js, sizeof(words_js) - 1 },
	{ "words_en.js", JS, words_en_js, sizeof(words_en_js) - 1 },
	{ "words_ru.js", JS, words_ru_js, sizeof(words_ru_js) - 1 },
	/* clang-format on */
};

static const char page_policy[] =
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
	"connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
	"frame-ancestors 'none'";

/* The frame in which messages are previewed: without an origin, so without cookies; it is handed
   HTML by the page, and mails have their styles in them. */
static const char preview_policy[] =
	"sandbox allow-scripts; default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; "
	"img-src https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

static const struct file *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (!strcmp(files[i].name, name))
			return &files[i];
	return NULL;
}

static void etag_of(const struct file *f, char out[ETAG_SIZE])
{
	char sum[CRYPTO_HEX_LEN(CRYPTO_HASH_BYTES) + 1];

	crypto_sha256_hex(f->bytes, f->len, sum);
	snprintf(out, ETAG_SIZE, "\"%s\"", sum);
}

static void answer(struct web_request *q, struct http_response *a, const char *name)
{
	const struct file *f = find(name);
	const char *known = web_header(q, "If-None-Match");
	char etag[ETAG_SIZE];

	if (!f) {
		web_problem(a, 404, "not_found", "there is no such page");
		return;
	}
	etag_of(f, etag);
	a->type = f->type;
	http_add_header(a, "ETag", etag);
	http_add_header(a, "Cache-Control", "no-cache");
	http_add_header(a, "Content-Security-Policy",
			strcmp(name, "preview.html") ? page_policy : preview_policy);
	if (known && !strcmp(known, etag)) {
		a->status = 304;
		return;
	}
	a->fixed = f->bytes;
	a->fixed_len = f->len;
}

static void page(struct web_request *q, struct http_response *a)
{
	answer(q, a, "index.html");
}

static void file(struct web_request *q, struct http_response *a)
{
	answer(q, a, q->params[0]);
}

struct web_module page_files_module(void)
{
	static const struct web_route routes[] = {
		{ "GET", "/", WEB_PRIVATE, WEB_ANYONE, .handle = page },
		{ "GET", "/app/{file}", WEB_PRIVATE, WEB_ANYONE, .handle = file },
	};

	return (struct web_module){ .routes = routes, .count = ARRAY_LEN(routes) };
}
