#include "receipt_pass.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "codes.h"
#include "crypto.h"
#include "mem.h"
#include "now.h"

#define AT_ONCE 128 /* receipts of one pipeline, and of one wait for Kafka */
#define NAMES_SIZE (RECEIPT_NAMES_MAX * RECEIPT_NAME_SIZE)
#define KEPT_FORMAT '1'

/* What is left of a receipt once it is known where its delivery is looked for. */
struct fact {
	enum receipt_status status;
	enum suppress_why suppress;
	const char *code;
	char name[RECEIPT_NAME_MAX + 1]; /* who told it */
	char tenant[IDS_NAME_MAX + 1];	 /* whom it may be about; "" = anybody */
	char message_id[RECEIPT_ID_MAX + 1];
};

/* ---- kept: "1 <status> <why> <code> <name> <tenant> <message id>", "-" for what is not told ----
 */

static const char *or_dash(const char *s)
{
	return s && *s ? s : "-";
}

static char *fact_write(const struct fact *f)
{
	return xasprintf("%c %d %d %s %s %s %s", KEPT_FORMAT, (int)f->status, (int)f->suppress,
			 or_dash(f->code), f->name, or_dash(f->tenant), or_dash(f->message_id));
}

static bool take_word(char **rest, char *out, size_t size)
{
	char *word = *rest ? strsep(rest, " ") : NULL;

	if (!word || strlen(word) >= size)
		return false;
	text_put(out, size, strcmp(word, "-") ? word : "");
	return true;
}

/* False: another version has written it. */
static bool fact_read(const char *kept, struct fact *f)
{
	autofree char *copy = xstrdup(kept);
	char status[4], suppress[4], code[64], format[2], *rest = copy;
	const struct code *found;

	*f = (struct fact){ 0 };
	if (!take_word(&rest, format, sizeof(format)) || *format != KEPT_FORMAT ||
	    !take_word(&rest, status, sizeof(status)) ||
	    !take_word(&rest, suppress, sizeof(suppress)) ||
	    !take_word(&rest, code, sizeof(code)) || !take_word(&rest, f->name, sizeof(f->name)) ||
	    !take_word(&rest, f->tenant, sizeof(f->tenant)) ||
	    !take_word(&rest, f->message_id, sizeof(f->message_id)))
		return false;
	found = codes_find(code);
	f->code = found ? found->name : NULL;
	f->status = (enum receipt_status)(status[0] - '0');
	f->suppress = (enum suppress_why)(suppress[0] - '0');
	return (unsigned)f->status < RECEIPT_STATUSES && (unsigned)f->suppress < SUPPRESS_WHYS;
}

/* ---- what is told ---- */

/* The same receipt has the same id, whoever reads it and however often it comes. */
static void name_event(const struct fact *f, const char *delivery, char out[64])
{
	unsigned char hash[CRYPTO_HASH_BYTES];
	char text[CRYPTO_BASE32_LEN(CRYPTO_HASH_BYTES) + 1];
	struct crypto_hash h;

	crypto_hash_init(&h);
	crypto_hash_str(&h, f->name);
	crypto_hash_str(&h, delivery);
	crypto_hash_str(&h, receipt_statuses[f->status]);
	crypto_hash_str(&h, f->code ? f->code : "");
	crypto_hash_final(&h, hash);
	crypto_base32(hash, sizeof(hash), text);
	snprintf(out, 64, "receipt.%.32s", text);
}

static char *make_suppression(const struct fact *f, const char *actor)
{
	struct suppress_record r = {
		.why = f->suppress, .code = f->code, .actor = actor, .time_ms = now_ms()
	};

	if (f->suppress == SUPPRESS_FAILED)
		r.until_ms = r.time_ms + SUPPRESS_FAILED_MS;
	return suppress_record_text(&r);
}

/* False: the delivery is not what the source may tell of. */
static bool may_tell(const struct fact *f, const struct receipt_found *found,
		     struct delivery *about)
{
	if (ids_delivery_parse(found->delivery, about, NULL) < 0)
		return false;
	return !f->tenant[0] || !strcmp(f->tenant, about->tenant);
}

static bool told_make(const struct fact *f, const struct receipt_found *found, const char *actor,
		      struct receipt_told *t)
{
	*t = (struct receipt_told){ 0 };
	if (!may_tell(f, found, &t->about))
		return false;
	name_event(f, found->delivery, t->id);
	t->data = json_pack("{s:s, s:s, s:s, s:s}", "tenant", t->about.tenant, "invite",
			    t->about.invite, "delivery", found->delivery, "status",
			    receipt_statuses[f->status]);
	if (f->code)
		json_object_set_new(t->data, "code", json_string(f->code));
	if (f->message_id[0])
		json_object_set_new(t->data, "provider_message_id", json_string(f->message_id));
	if (f->suppress && found->recipient_hash[0]) {
		t->suppress = make_suppression(f, actor);
		suppress_key(t->suppress_key, t->about.tenant, found->recipient_hash);
	}
	return true;
}

static void told_clear(struct receipt_told *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		json_decref(list[i].data);
		free(list[i].suppress);
	}
	free(list);
}

/* ---- at most AT_ONCE receipts ---- */

/* One on its way. */
struct passing {
	struct fact fact;
	char names[NAMES_SIZE];
	char *kept;
	struct receipt_find find;
};

static void join_names(const struct receipt *r, char out[NAMES_SIZE])
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < r->nnames; i++)
		n += (size_t)snprintf(out + n, NAMES_SIZE - n, "%s%s", i ? " " : "", r->names[i]);
}

static void passing_init(struct passing *p, const struct receipt *r,
			 const struct receipt_from *from)
{
	*p = (struct passing){
		.fact = { .status = r->status, .suppress = r->suppress, .code = r->code }
	};
	text_put(p->fact.name, sizeof(p->fact.name), from->name);
	text_put(p->fact.tenant, sizeof(p->fact.tenant), from->tenant ? from->tenant : "");
	text_put(p->fact.message_id, sizeof(p->fact.message_id), r->message_id);
	join_names(r, p->names);
	p->kept = fact_write(&p->fact);
	p->find = (struct receipt_find){ .names = p->names,
					 .delivery = r->delivery,
					 .keep = p->kept };
}

static int append_found(const struct receipt_sink *sink, const struct passing *list, size_t n,
			struct receipt_counts *out, struct err *e)
{
	struct receipt_told *told = xcalloc(n + 1, sizeof(*told));
	size_t count = 0;
	int r = OK;

	for (size_t i = 0; i < n; i++) {
		const struct passing *p = &list[i];

		if (p->find.found.delivery[0] &&
		    told_make(&p->fact, &p->find.found, sink->actor, &told[count]))
			count++;
		else if (p->find.kept)
			out->kept++;
		else
			out->strange++;
	}
	if (count)
		r = sink->append(sink->ctx, told, count, e);
	out->told += count;
	told_clear(told, count);
	return r;
}

/* How long an SMS took to be delivered, for the courier's choice of a route. */
static void note_speed(struct guard *g, const struct fact *f, const struct receipt_found *found,
		       const char *names, bool early)
{
	struct delivery about;

	if (f->status == RECEIPT_DELIVERED && may_tell(f, found, &about) &&
	    !strcmp(about.channel, IDS_SMS))
		guard_add_receipt_delivered(g, names, early);
}

static int pass_some(struct guard *g, const struct receipt_sink *sink, struct passing *list,
		     size_t n, struct receipt_counts *out, struct err *e)
{
	struct err ignored;
	int r;

	for (size_t i = 0; i < n; i++)
		guard_add_receipt_find(g, &list[i].find);
	r = guard_run(g, e);
	if (r == OK)
		r = append_found(sink, list, n, out, e);
	for (size_t i = 0; i < n && r == OK; i++)
		note_speed(g, &list[i].fact, &list[i].find.found, list[i].names, false);
	(void)guard_run(g, &ignored); /* all is told; how long it took is no reason to ask again */
	for (size_t i = 0; i < n; i++)
		free(list[i].kept);
	return r;
}

int receipt_pass(struct guard *g, const struct receipt_sink *sink, const struct receipt_from *from,
		 const struct receipt_list *list, struct receipt_counts *out, struct err *e)
{
	autofree struct passing *some = xcalloc(AT_ONCE, sizeof(*some));
	size_t n = 0;
	int r = guard_ready(g, e);

	*out = (struct receipt_counts){ 0 };
	for (size_t i = 0; i < list->count && r == OK; i++) {
		const struct receipt *one = &list->list[i];

		if (one->status == RECEIPT_PASSING && !one->suppress)
			out->passing++;
		else if (!one->nnames && !one->delivery[0])
			out->strange++;
		else
			passing_init(&some[n++], one, from);
		if (n == AT_ONCE || (n && i + 1 == list->count)) {
			r = pass_some(g, sink, some, n, out, e);
			n = 0;
		}
	}
	for (size_t i = 0; i < n; i++) /* Redis was away from the beginning, or went */
		free(some[i].kept);
	return r;
}

/* ---- those that came too early ---- */

/* Told, then dropped; who dies in between does it again under the same ids. */
static int tell_kept(struct guard *g, const struct receipt_sink *sink, const struct receipt_take *t,
		     size_t *told_count, struct err *e)
{
	struct receipt_told *told = xcalloc(t->count + 1, sizeof(*told));
	size_t n = 0;
	int r = OK;

	for (size_t i = 0; i < t->count; i++) {
		struct fact f;

		if (fact_read(t->list[i].bytes, &f) &&
		    told_make(&f, &t->list[i].found, sink->actor, &told[n]))
			n++;
	}
	if (n)
		r = sink->append(sink->ctx, told, n, e);
	told_clear(told, n);
	if (r == ERR_AGAIN)
		return r;
	for (size_t i = 0; i < t->count; i++) {
		const struct receipt_kept *k = &t->list[i];
		struct fact f;

		if (fact_read(k->bytes, &f))
			note_speed(g, &f, &k->found, k->names, true);
		guard_add_receipt_drop(g, k->whole);
	}
	*told_count = n;
	return guard_run(g, e);
}

int receipt_pass_kept(struct guard *g, const struct receipt_sink *sink,
		      struct receipt_kept_counts *out, struct err *e)
{
	struct receipt_take t = { .max = AT_ONCE };
	int r = guard_ready(g, e);

	*out = (struct receipt_kept_counts){ 0 };
	if (r < 0)
		return r;
	guard_add_receipt_take(g, &t);
	r = guard_run(g, e);
	if (r < 0)
		return r;
	if (t.count)
		r = tell_kept(g, sink, &t, &out->told, e);
	out->lost = t.lost;
	out->more = t.looked == AT_ONCE;
	receipt_take_clear(&t);
	return r;
}
