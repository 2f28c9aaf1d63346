#include "accept_page.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "accept_ask_html.h"
#include "accept_contact_html.h"
#include "accept_en_html.h"
#include "accept_en_title_html.h"
#include "accept_ru_html.h"
#include "accept_ru_title_html.h"
#include "accept_style_css.h"
#include "accept_top_html.h"
#include "address.h"
#include "letter_vars.h"
#include "link.h"
#include "mem.h"
#include "phone.h"
#include "template.h"
#include "words.h"

#define TOKEN_CHARS "abcdefghijklmnopqrstuvwxyz0123456789."
#define TOKEN_MAX 64 /* characters of what is repeated in a link of the page */

enum { EN, RU, LANGS };
static const char *const langs[LANGS] = { "en", "ru" };

struct accept_pages {
	struct template *of[LANGS];
};

/* ---- templates ---- */

struct file {
	const char *name, *text;
};

static const struct file pages[LANGS] = { { "accept_en.html", accept_en_html },
					  { "accept_ru.html", accept_ru_html } };

static const char *find_partial(void *ctx, const char *name, size_t *len)
{
	const int *lang = ctx;
	const struct file partials[] = {
		{ "top", accept_top_html },
		{ "style", accept_style_css },
		{ "contact", accept_contact_html },
		{ "ask", accept_ask_html },
		{ "title", *lang == RU ? accept_ru_title_html : accept_en_title_html },
	};

	for (size_t i = 0; i < ARRAY_LEN(partials); i++) {
		if (strcmp(partials[i].name, name) != 0)
			continue;
		*len = strlen(partials[i].text);
		return partials[i].text;
	}
	return NULL;
}

struct accept_pages *accept_pages_new(void)
{
	struct accept_pages *p = xcalloc(1, sizeof(*p));
	struct err e;

	for (int lang = 0; lang < LANGS; lang++) {
		const struct template_partials partials = { find_partial, &lang, false };
		const struct file *f = &pages[lang];
		int r = template_compile(&p->of[lang], f->name, f->text, strlen(f->text),
					 TEMPLATE_ESCAPE_HTML, &partials, &e);

		if (r < 0)
			abort(); /* our own template */
	}
	return p;
}

void accept_pages_free(struct accept_pages *p)
{
	if (!p)
		return;
	for (int lang = 0; lang < LANGS; lang++)
		template_free(p->of[lang]);
	free(p);
}

/* ---- variables ---- */

static void set(json_t *vars, const char *name, const char *value)
{
	if (value && *value)
		json_object_set_new(vars, name, json_string(value));
}

static void set_flag(json_t *vars, const char *name, bool value)
{
	json_object_set_new(vars, name, json_boolean(value));
}

static void set_buf(json_t *vars, const char *name, const struct buf *b)
{
	set(vars, name, b->len ? b->data : NULL);
}

static void set_href(json_t *vars, const char *name, const struct accept_view *v, const char *more)
{
	autobuf href = BUF_INIT(LINK_MAX);

	buf_str(&href, v->href);
	buf_str(&href, more);
	set_buf(vars, name, &href);
}

/* The organisation's first letter, where it has no logo. */
static void set_initial(json_t *vars)
{
	const char *name = json_string_value(json_object_get(vars, "organisation"));
	size_t n = 1;

	if (!name)
		return;
	while (((unsigned char)name[n] & 0xc0) == 0x80)
		n++;
	json_object_set_new(vars, "initial", json_stringn(name, n));
}

static const char *text(const json_t *data, const char *object, const char *name)
{
	return json_string_value(json_object_get(json_object_get(data, object), name));
}

static bool set_masked_email(json_t *vars, const json_t *kept)
{
	const char *email = text(kept, "recipient", "email"), *code;
	char masked[ADDRESS_MASK_SIZE];
	struct address address;
	struct err e;

	if (!email || address_normalise(email, &address, &code, &e) < 0)
		return false;
	set(vars, "masked", address_mask(&address, masked));
	return true;
}

static void set_masked_phone(json_t *vars, const json_t *kept, const struct tenant *t)
{
	const struct phone_rules rules = { .home_region = t->home_region,
					   .landlines = t->landlines };
	const char *number = text(kept, "recipient", "phone");
	char masked[PHONE_SHOWN_SIZE];
	struct phone_fault fault;
	struct phone phone;
	struct err e;

	if (number && phone_normalise(number, &rules, &phone, &fault, &e) == OK)
		set(vars, "masked", phone_mask(&phone, masked));
}

/* Where it was sent to: by e-mail, unless SMS was asked for or there is no address. */
static void set_masked(json_t *vars, const json_t *kept, const struct tenant *t)
{
	const char *channel = json_string_value(json_object_get(kept, "channel"));
	bool sms = channel && !strcmp(channel, "sms");

	if (sms || !set_masked_email(vars, kept))
		set_masked_phone(vars, kept, t);
}

/* When the newest link was sent, in the person's zone. */
static void set_sent(json_t *vars, const struct accept_view *v)
{
	const struct words_place place = { v->lang, text(v->link->kept, "recipient", "timezone"),
					   v->tenant->timezone };
	autobuf when = BUF_INIT(0);

	if (v->link->sent_ms && v->link->facts.generation > v->link->generation)
		words_moment(&place, v->link->sent_ms, &when);
	set_buf(vars, "sent_on", &when);
}

/* A mail to whom the organisation names, ready to be sent. */
static void set_ask(json_t *vars, const struct accept_view *v)
{
	static const char *const subjects[LANGS] = { "New%20invitation",
						     "%D0%9D%D0%BE%D0%B2%D0%BE%D0%B5%20%D0%BF%D1%80"
						     "%D0%B8%D0%B3%D0%BB%D0%B0%D1%88%D0%B5%D0%BD"
						     "%D0%B8%D0%B5" };
	const char *href = json_string_value(json_object_get(vars, "contact_href"));
	autobuf ask = BUF_INIT(LINK_MAX);

	if (!href)
		return;
	buf_str(&ask, href);
	if (!strncmp(href, "mailto:", 7))
		buf_fmt(&ask, "?subject=%s", subjects[!strcmp(v->lang, "ru")]);
	set_buf(vars, "ask_href", &ask);
}

static void set_brand(json_t *vars, const struct tenant *t)
{
	/* letter_vars has taken care that white can be read on it. */
	json_object_set(vars, "brand", json_object_get(vars, "brand_colour"));
	set(vars, "on_brand", "#ffffff");
	set(vars, "logo", t ? t->brand_logo : NULL);
	set_initial(vars);
}

static json_t *known(const struct accept_view *v)
{
	const struct tenant *t = v->tenant;
	const struct letter_sender sender = { .from_name = t ? t->from_name : NULL,
					      .contact = t ? t->contact : NULL,
					      .brand_colour = t ? t->brand_colour : NULL };
	const struct accept_link *l = v->link;
	const struct letter_facts facts = {
		.timezone = l ? text(l->kept, "recipient", "timezone") : NULL,
		.default_timezone = t ? t->timezone : NULL,
		.now_ms = l ? l->facts.now_ms : 0,
		.expires_ms = l && l->facts.generation == l->generation ? l->facts.expires_ms : 0,
		.data = l ? l->kept : NULL,
	};
	json_t *vars = letter_vars(&sender, &facts, v->lang);

	if (!l)
		return vars;
	set_masked(vars, l->kept, t);
	set_sent(vars, v);
	set_flag(vars, "just_now", l->answered[0]);
	return vars;
}

static void set_form(json_t *vars, const struct accept_view *v)
{
	static const struct {
		const char *name;
		unsigned faults;
	} marks[] = {
		{ "fault_first", FAULT_FIRST_NAME },
		{ "fault_last", FAULT_LAST_NAME },
		{ "fault_password", FAULT_SHORT | FAULT_LONG },
		{ "fault_short", FAULT_SHORT },
		{ "fault_long", FAULT_LONG },
		{ "fault_confirm", FAULT_CONFIRM },
	};

	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		set_flag(vars, marks[i].name, v->faults & marks[i].faults);
	set_flag(vars, "faulty", v->faults);
	set_flag(vars, "stale", v->stale);
	set_flag(vars, "is_form", v->asks);
	set(vars, "nonce", v->nonce ? v->nonce : "-");
	if (!v->form)
		return;
	set(vars, "first_name", v->form->first_name);
	set(vars, "last_name", v->form->last_name);
}

static void set_kind(json_t *vars, enum accept_kind kind)
{
	static const struct {
		const char *flag, *sign;
	} kinds[ACCEPT_KINDS] = {
		[ACCEPT_OPEN] = { "is_open", NULL },
		[ACCEPT_DECLINE] = { "is_decline", NULL },
		[ACCEPT_ACCEPTED] = { "is_accepted", "sign_good" },
		[ACCEPT_DECLINED] = { "is_declined", "sign_stop" },
		[ACCEPT_EXPIRED] = { "is_expired", "sign_time" },
		[ACCEPT_CANCELLED] = { "is_cancelled", "sign_stop" },
		[ACCEPT_SUPERSEDED] = { "is_superseded", "sign_mail" },
		[ACCEPT_INVALID] = { "is_invalid", "sign_stop" },
		[ACCEPT_AWAY] = { "is_away", "sign_time" },
	};

	set_flag(vars, kinds[kind].flag, true);
	if (kinds[kind].sign)
		set_flag(vars, kinds[kind].sign, true);
}

static void set_links(json_t *vars, const struct accept_view *v)
{
	bool ru = !strcmp(v->lang, "ru");

	set_flag(vars, "ru", ru);
	set(vars, "other_lang", ru ? "en" : "ru");
	set(vars, "other_name", ru ? "English" : "Русский");
	set_href(vars, "other_href", v, ru ? "lang=en" : "lang=ru");
	set_href(vars, "action", v, ru ? "lang=ru" : "lang=en");
	set_href(vars, "back_href", v, ru ? "lang=ru" : "lang=en");
	set_href(vars, "decline_href", v, ru ? "lang=ru&answer=decline" : "lang=en&answer=decline");
}

void accept_page(const struct accept_pages *p, const struct accept_view *v, struct buf *out)
{
	json_t *vars = known(v);
	struct err e;
	int r;

	set_kind(vars, v->kind);
	set_links(vars, v);
	set_brand(vars, v->tenant);
	set_form(vars, v);
	set_ask(vars, v);
	set(vars, "style_nonce", v->style_nonce);
	set(vars, "sign_in", v->tenant ? v->tenant->accept_redirect : NULL);
	set_flag(vars, "has_facts",
		 json_object_get(vars, "role") || json_object_get(vars, "masked") ||
			 json_object_get(vars, "expires_on"));
	r = template_render(p->of[!strcmp(v->lang, "ru")], vars, false, out, &e);
	assert(r == OK || out->full);
	letter_vars_free(vars);
}

/* ---- which ---- */

void accept_href(const char *token, bool in_path, char out[ACCEPT_HREF_SIZE])
{
	bool ours =
		token && strspn(token, TOKEN_CHARS) == strlen(token) && strlen(token) <= TOKEN_MAX;

	if (in_path || !ours)
		snprintf(out, ACCEPT_HREF_SIZE, "?");
	else
		snprintf(out, ACCEPT_HREF_SIZE, "?token=%s&", token);
}

enum accept_kind accept_kind_of(const struct accept_link *l)
{
	static const enum accept_kind kinds[LINK_VERDICTS] = {
		[LINK_VALID] = ACCEPT_OPEN,
		[LINK_EXPIRED] = ACCEPT_EXPIRED,
		[LINK_SUPERSEDED] = ACCEPT_SUPERSEDED,
		[LINK_CANCELLED] = ACCEPT_CANCELLED,
		[LINK_ACCEPTED] = ACCEPT_ACCEPTED,
		[LINK_DECLINED] = ACCEPT_DECLINED,
		[LINK_UNKNOWN] = ACCEPT_INVALID,
	};
	enum link_verdict verdict = link_judge(&l->facts, l->invite, l->generation);
	const char *answer = accept_store_answer(l, verdict);

	if (!answer)
		return kinds[verdict];
	return !strcmp(answer, "declined") ? ACCEPT_DECLINED : ACCEPT_ACCEPTED;
}

/* The first of a list of tags, or of one, that names a language of ours; NULL = none does. */
static const char *lang_of(const char *tags)
{
	const char *at = tags ? tags : "";

	while (*(at += strspn(at, ", "))) {
		for (int i = 0; i < LANGS; i++)
			if (!strncasecmp(at, langs[i], 2) && !isalnum((unsigned char)at[2]))
				return langs[i];
		at += strcspn(at, ",");
	}
	return NULL;
}

const char *accept_lang(const char *asked, const struct accept_link *l, const struct tenant *t,
			const char *accept_language)
{
	const char *tags[] = { l ? text(l->kept, "recipient", "locale") : NULL,
			       t ? t->default_locale : NULL, accept_language };

	if (asked && (!strcmp(asked, "en") || !strcmp(asked, "ru")))
		return langs[!strcmp(asked, "ru")];
	for (size_t i = 0; i < ARRAY_LEN(tags); i++)
		if (lang_of(tags[i]))
			return lang_of(tags[i]);
	return langs[EN];
}
