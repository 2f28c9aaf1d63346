#include "api_ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_words.h"
#include "cloudevent.h"
#include "crypto.h"
#include "log.h"
#include "mem.h"
#include "request.h"

#define KEY_MAX 128
#define ID_BYTES 16
#define KEPT_S "86400"
#define KEPT_MAX_BYTES ((size_t)256 << 10)
#define REDIS_KEY_SIZE 192

/* ---- names ---- */

void ask_name(const struct ask *k, const char *what, size_t place, char out[ASK_ID_SIZE])
{
	unsigned char sum[CRYPTO_HASH_BYTES];
	struct crypto_hash h;

	if (!k->key) {
		crypto_random(sum, ID_BYTES);
		crypto_base32(sum, ID_BYTES, out);
		return;
	}
	crypto_hash_init(&h);
	crypto_hash_str(&h, k->q->tenant);
	crypto_hash_str(&h, k->q->person.id);
	crypto_hash_str(&h, k->key);
	crypto_hash_str(&h, k->what);
	crypto_hash_str(&h, what);
	crypto_hash_u64(&h, place);
	crypto_hash_final(&h, sum);
	crypto_base32(sum, ID_BYTES, out);
}

/* ---- answers that are kept ---- */

static const char *kept_key(const struct ask *k, char out[REDIS_KEY_SIZE])
{
	char id[ASK_ID_SIZE];

	ask_name(k, "answer", 0, id);
	snprintf(out, REDIS_KEY_SIZE, "%sanswer:%s", k->shared->common->redis_prefix, id);
	return out;
}

/* What was asked under the key: the same body elsewhere, or with other options, is something else.
 */
static void body_hash(const struct web_request *q, char out[CRYPTO_HEX_LEN(CRYPTO_HASH_BYTES) + 1])
{
	unsigned char sum[CRYPTO_HASH_BYTES];
	struct crypto_hash h;

	crypto_hash_init(&h);
	crypto_hash_str(&h, q->http->method);
	crypto_hash_str(&h, q->http->path);
	crypto_hash_str(&h, q->http->query);
	crypto_hash_field(&h, q->http->body, q->http->body_len);
	crypto_hash_final(&h, sum);
	crypto_hex(sum, sizeof(sum), out);
}

/* True: this was answered before, or the key is another request's. */
static bool answer_again(const struct ask *k, struct http_response *a)
{
	char key[REDIS_KEY_SIZE], hash[CRYPTO_HEX_LEN(CRYPTO_HASH_BYTES) + 1];
	const char *argv[] = { "GET", kept_key(k, key) };
	const struct redis_reply *v;
	const char *text = NULL;
	struct err e;

	/* Redis that is away now is told by what is asked of it next */
	if (site_ask(k->q->local, ARRAY_LEN(argv), argv, &v, &e) == OK &&
	    redis_type(v) == REDIS_STRING)
		text = redis_str(v, NULL);

	if (!text || strlen(text) < sizeof(hash))
		return false;
	body_hash(k->q, hash);
	if (strncmp(text, hash, sizeof(hash) - 1)) {
		web_problem(a, 422, "key_reused",
			    "this Idempotency-Key was used for another request");
		return true;
	}
	text += sizeof(hash);
	a->status = 202;
	if (*text >= '1' && *text <= '9') { /* "200\n", before what is an object */
		a->status = (unsigned)strtoul(text, NULL, 10);
		text += strcspn(text, "\n") + 1;
	}
	buf_str(&a->body, text);
	a->type = "application/json";
	http_add_header(a, "Idempotency-Replayed", "true");
	return true;
}

static void keep_answer(const struct ask *k, const struct http_response *a)
{
	char key[REDIS_KEY_SIZE], hash[CRYPTO_HEX_LEN(CRYPTO_HASH_BYTES) + 1];

	char status[INT_TEXT_SIZE] = "";

	if (!k->key || k->dry_run || a->body.len > KEPT_MAX_BYTES)
		return;
	body_hash(k->q, hash);
	if (a->status != 202)
		snprintf(status, sizeof(status), "%u\n", a->status);
	autofree char *value = xasprintf("%s\n%s%s", hash, status, a->body.data);
	const char *argv[] = { "SET", kept_key(k, key), value, "EX", KEPT_S };

	const struct redis_reply *v;
	struct err e;

	site_ask(k->q->local, ARRAY_LEN(argv), argv, &v, &e); /* else the ids still say it */
}

/* ---- a request ---- */

static bool key_ok(const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < n; i++)
		if (key[i] < '!' || key[i] > '~')
			return false;
	return n > 0 && n <= KEY_MAX;
}

/* False: it is answered. */
static bool open_ask(struct ask *k, struct http_response *a)
{
	k->key = web_header(k->q, "Idempotency-Key");
	if (k->key && !key_ok(k->key)) {
		web_problem(a, 422, "invalid", "Idempotency-Key: 1 to %d visible characters",
			    KEY_MAX);
		return false;
	}
	return !k->key || !answer_again(k, a);
}

bool ask_begin(struct ask *k, struct web_request *q, const char *what, struct http_response *a)
{
	struct err e;
	int r = guard_ready(q->local, &e);

	*k = (struct ask){ .q = q, .shared = q->ctx, .what = what };
	if (r) {
		web_fail(a, r, &e);
		return false;
	}
	if (!open_ask(k, a))
		return false;
	k->asked = json_array();
	k->refused = json_array();
	k->counts = json_object();
	return true;
}

void ask_once(struct web_request *q, const struct site_shared *shared, const char *what,
	      ask_handle *handle, struct http_response *a)
{
	struct ask k = { .q = q, .shared = shared, .what = what };

	if (!open_ask(&k, a))
		return;
	handle(q, a);
	if (a->status / 100 == 2)
		keep_answer(&k, a);
}

void ask_end(struct ask *k)
{
	for (size_t i = 0; i < k->nevents; i++) {
		free((char *)k->events[i].invite);
		free(k->events[i].value);
	}
	free(k->events);
	json_decref(k->asked);
	json_decref(k->refused);
	json_decref(k->counts);
}

static void count(struct ask *k, const char *what)
{
	json_int_t n = json_integer_value(json_object_get(k->counts, what));

	json_object_set_new(k->counts, what, json_integer(n + 1));
}

static void list(json_t *array, json_t *entry)
{
	if (json_array_size(array) < ASK_LISTED_MAX)
		json_array_append_new(array, entry);
	else
		json_decref(entry);
}

void ask_refuse(struct ask *k, const char *invite, const char *code, json_t *more)
{
	json_t *entry = json_pack("{ss}", "code", code);

	if (invite)
		json_object_set_new(entry, "invite", json_string(invite));
	api_words_add(k->shared->words, web_lang(k->q), entry);
	json_object_update(entry, more);
	json_decref(more);
	list(k->refused, entry);
	count(k, "refused");
	k->total++;
}

/* As the dispatcher reads it. ERR_INVALID: r has the code, e the text. */
static int check(const char *type, const char *invite, json_t *data, struct request *r,
		 struct err *e)
{
	struct cloudevent event = { .id = "x", .source = OUTLET_SOURCE, .data = data };

	text_put(event.type, sizeof(event.type), type);
	text_put(event.subject, sizeof(event.subject), invite);
	return request_read(&event, r, e);
}

static void put_missing(json_t *data, const char *name, const char *value)
{
	if (!json_object_get(data, name))
		json_object_set_new(data, name, json_string(value));
}

static void add_event(struct ask *k, const struct ask_event *of, const json_t *data)
{
	struct ask_event *event;

	k->events = xgrow(k->events, k->nevents, sizeof(*k->events));
	event = &k->events[k->nevents++];
	*event = *of;
	event->invite = xstrdup(of->invite);
	event->value = json_dumps(data, JSON_COMPACT);
}

void ask_add(struct ask *k, enum api_act act, const char *invite, json_t *data, int64_t row)
{
	const struct api_act_info *info = &api_acts[act];
	struct ask_event event = { .type = info->type, .invite = invite };
	struct request r;
	struct err e;

	put_missing(data, "tenant", k->q->tenant);
	put_missing(data, "invite", invite);
	if (strcmp(info->type, "invite.requested"))
		put_missing(data, "actor", k->q->person.id);
	if (check(info->type, invite, data, &r, &e)) {
		ask_refuse(k, k->of ? k->of : invite, r.code,
			   json_pack("{ss,ss}", "detail", e.text, "where", r.where));
		json_decref(data);
		return;
	}
	ask_name(k, invite, (size_t)act, event.id);
	json_t *entry = json_pack("{ss,ss}", "invite", invite, "action", info->name);

	if (!k->dry_run)
		json_object_set_new(entry, "event", json_string(event.id));
	if (k->of)
		json_object_set_new(entry, "of", json_string(k->of));
	if (row)
		json_object_set_new(entry, "row", json_integer(row));
	list(k->asked, entry);
	count(k, info->name);
	k->total++;
	if (!k->dry_run)
		add_event(k, &event, data);
	json_decref(data);
}

/* ---- the end ---- */

static int append(struct ask *k, struct err *e)
{
	autofree struct outlet_event *list = xcalloc(k->nevents + 1, sizeof(*list));

	for (size_t i = 0; i < k->nevents; i++)
		list[i] = (struct outlet_event){ .id = k->events[i].id,
						 .type = k->events[i].type,
						 .tenant = k->q->tenant,
						 .invite = k->events[i].invite,
						 .value = k->events[i].value };
	return k->nevents ? outlet_append(k->shared->outlet, list, k->nevents, e) : OK;
}

static void audit(const struct ask *k)
{
	char by[WEB_ID_MAX + 1];

	log_info("ev=audit what=%s tenant=%s by=%s asked=%zu refused=%lld", k->what, k->q->tenant,
		 site_audit_name(k->q->ctx, &k->q->person, by), k->nevents,
		 (long long)json_integer_value(json_object_get(k->counts, "refused")));
}

void ask_answer(struct ask *k, json_t *more, struct http_response *a)
{
	json_t *answer;
	struct err e;
	int r = k->dry_run ? OK : append(k, &e);

	if (!k->dry_run)
		audit(k);
	if (r) {
		json_decref(more);
		web_fail(a, r, &e);
		return;
	}
	answer = json_pack("{sO,sO,sO,sI}", "asked", k->asked, "refused", k->refused, "counts",
			   k->counts, "total", k->total);
	json_object_update(answer, more);
	json_decref(more);
	web_json(a, k->dry_run ? 200 : 202, answer);
	keep_answer(k, a);
}
