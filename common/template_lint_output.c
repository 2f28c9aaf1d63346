/* What comes out of a template: links, hosts, lengths. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "letter_sample.h"
#include "link.h"
#include "mem.h"
#include "sms_worst.h"
#include "template_lint_priv.h"

#define OUTPUT_MAX ((size_t)1 << 20)
#define HOST_MAX 253
#define NAMESPACE_HOST "www.w3.org" /* of XML namespaces, which nobody opens */

/* ---- hosts ---- */

/* The host of the URL's rest behind "://", as RFC 3986 has it: user information before it. */
static size_t host_of(const char *rest, char out[HOST_MAX + 1])
{
	size_t n = strcspn(rest, "/?#\"'<>) \t\r\n\\"), user = 0, len;

	for (size_t i = 0; i < n; i++)
		if (rest[i] == '@')
			user = i + 1;
	len = strcspn(rest + user, ":/?#\"'<>) \t\r\n\\");
	if (user + len > n)
		len = n - user;
	snprintf(out, HOST_MAX + 1, "%.*s", len < HOST_MAX ? (int)len : HOST_MAX, rest + user);
	return len;
}

static bool is_host_of(const char *url, const char *host)
{
	char own[HOST_MAX + 1];
	const char *rest = url ? strstr(url, "://") : NULL;

	return rest && host_of(rest + 3, own) && !strcasecmp(own, host);
}

static bool is_allowed(const struct linting *l, const char *host)
{
	const struct letter_sender *s = l->in->sender;

	if (!*host || !strcasecmp(host, NAMESPACE_HOST) || is_host_of(l->in->link_base, host) ||
	    is_host_of(l->in->logo, host) || (s && is_host_of(s->contact, host)) ||
	    (!l->in->link_base && !strcasecmp(host, LETTER_SAMPLE_HOST)))
		return true;
	if (link_host_listed(host, strlen(host), l->in->listed))
		return true;
	for (size_t i = 0; i < l->in->nhosts; i++)
		if (!strcasecmp(l->in->hosts[i], host))
			return true;
	return false;
}

/* Where text stands in the part's own source; a partial's is not told. */
static bool find_place(const struct linting *l, const char *text, struct lint_place *at)
{
	const char *start = l->source->parts[l->part].data, *found = strcasestr(start, text);

	*at = (struct lint_place){ catalog_file_names[l->part], 1, 1 };
	for (const char *s = start; found && s < found; s++) {
		at->line += *s == '\n';
		at->column = *s == '\n' ? 1 : at->column + ((*s & 0xc0) != 0x80);
	}
	return found != NULL;
}

static void add_at(struct linting *l, enum lint_id id, const char *text)
{
	struct lint_place at;

	lint_add(l, id, find_place(l, text, &at) ? &at : NULL, text);
}

/* Every "scheme://host" and "//host" of an attribute; each host is told once. */
static void judge_hosts(struct linting *l, const char *out)
{
	static const char *const begins[] = { "://", "\"//", "'//", "=//" };
	char told[HOST_MAX + 1] = "", host[HOST_MAX + 1];

	for (size_t i = 0; i < ARRAY_LEN(begins); i++)
		for (const char *s = strstr(out, begins[i]); s; s = strstr(s + 1, begins[i])) {
			host_of(s + strlen(begins[i]), host);
			if (is_allowed(l, host) || !strcasecmp(host, told))
				continue;
			add_at(l, LINT_OUTSIDE_HOST, host);
			text_put(told, sizeof(told), host);
		}
}

static void judge_safety(struct linting *l, const char *out)
{
	static const char *const banned[] = { "<script",  "<iframe",   "<form",	      "<object",
					      "<embed",	  "<base",     "javascript:", "vbscript:",
					      " onload=", " onerror=", " onclick=" };

	for (size_t i = 0; i < ARRAY_LEN(banned); i++)
		if (strcasestr(out, banned[i]))
			add_at(l, LINT_UNSAFE, banned[i] + (banned[i][0] == ' '));
}

/* ---- links ---- */

static void judge_link(struct linting *l, const char *out, const char *link)
{
	const char *at = link ? strstr(out, link) : NULL;

	if (!at || l->kind != LETTER_INVITE || l->part == PART_HTML)
		return;
	if (strstr(at + 1, link))
		lint_add(l, LINT_LINK_REPEATED, NULL, NULL);
	else if (l->part == PART_SMS && at[strlen(link)])
		lint_add(l, LINT_LINK_NOT_LAST, NULL, NULL);
}

/* ---- lengths ---- */

static size_t characters(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static void judge_subject(struct linting *l, const char *out)
{
	char number[24];
	size_t n = characters(out);

	snprintf(number, sizeof(number), "%zu", n);
	if (n > LINT_SUBJECT_MAX)
		lint_add(l, LINT_SUBJECT_LONG, NULL, number);
}

/* The usual case over the cap is a fault; the worst is worth knowing. */
static void judge_segments(struct linting *l)
{
	static const enum lint_id ids[] = {
		[SMS_USUAL] = LINT_SEGMENTS, [SMS_WORST] = LINT_SEGMENTS_WORST
	};
	struct sms_count count;
	struct err e;

	for (enum sms_case which = SMS_USUAL; which <= SMS_WORST; which++) {
		char detail[LINT_DETAIL_SIZE];

		if (!l->in->segment_cap ||
		    sms_worst_count(l->entry, l->in->link_base, which, &count, &e) < 0 ||
		    count.segments <= (size_t)l->in->segment_cap)
			continue;
		snprintf(detail, sizeof(detail), "%zu > %lld (%s)", count.segments,
			 (long long)l->in->segment_cap, sms_encoding_word(count.encoding));
		lint_add(l, ids[which], NULL, detail);
		return;
	}
}

/* ---- rendering ---- */

static json_t *vars_of(const struct linting *l, bool least)
{
	struct letter_sample s = {
		.kind = l->kind,
		.locale = l->entry->locale,
		.sender = l->in->sender,
		.link_base = l->in->link_base,
		.now_ms = l->in->now_ms,
		.least = least,
	};

	return letter_sample_vars(&s, l->entry);
}

/* What a reader of the messages knows already is not told again. */
static void try_render(struct linting *l, const json_t *vars)
{
	autobuf out = BUF_INIT(OUTPUT_MAX);
	struct err e;

	if (template_render(l->entry->parts[l->part], vars, false, &out, &e) < 0 &&
	    !l->report->errors)
		lint_add(l, LINT_RENDER, NULL, e.text);
}

static void judge(struct linting *l, const char *out, const char *link)
{
	judge_hosts(l, out);
	judge_link(l, out, link);
	if (l->part == PART_HTML)
		judge_safety(l, out);
	if (l->part == PART_SUBJECT)
		judge_subject(l, out);
	if (l->part == PART_SMS)
		judge_segments(l);
}

void lint_output(struct linting *l)
{
	json_t *all = vars_of(l, false), *least = vars_of(l, true);
	autobuf out = BUF_INIT(OUTPUT_MAX);
	struct err e;

	try_render(l, all);
	try_render(l, least);
	if (template_render(l->entry->parts[l->part], all, true, &out, &e) == OK) {
		buf_str(&out, "");
		judge(l, out.data, json_string_value(json_object_get(all, "link")));
	}
	json_decref(all);
	json_decref(least);
}
