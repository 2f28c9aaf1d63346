#include "limit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "crypto.h"
#include "mem.h"

#define HASH_BYTES 16

static void hash_end(struct crypto_hash *h, char out[IDS_HASH_SIZE])
{
	unsigned char bytes[CRYPTO_HASH_BYTES];

	crypto_hash_final(h, bytes);
	crypto_base64url(bytes, HASH_BYTES, out);
}

void limit_domain_hash(const char *address, char out[IDS_HASH_SIZE])
{
	const char *at = strrchr(address, '@');
	char domain[256];
	size_t n = 0;
	struct crypto_hash h;

	for (const char *s = at ? at + 1 : address; *s && n < sizeof(domain); s++)
		domain[n++] = (char)tolower((unsigned char)*s);
	crypto_hash_init(&h);
	crypto_hash_field(&h, domain, n);
	hash_end(&h, out);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_value(const json_t *v, struct buf *out);

static void add_object(const json_t *object, struct buf *out)
{
	autofree const char **names = xcalloc(json_object_size(object) + 1, sizeof(*names));
	size_t n = 0;
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)object, name, value)
		names[n++] = name;
	qsort(names, n, sizeof(*names), by_name);
	for (size_t i = 0; i < n; i++) {
		buf_byte(out, i ? ',' : '{');
		buf_json(out, names[i]);
		buf_byte(out, ':');
		add_value(json_object_get(object, names[i]), out);
	}
	buf_str(out, n ? "}" : "{}");
}

/* Its JSON, the same whatever the order of names: every message asks for it, and a tree's own
   writer takes four times as long. */
static void add_value(const json_t *v, struct buf *out)
{
	if (json_is_string(v)) {
		buf_json(out, json_string_value(v));
	} else if (json_is_object(v)) {
		add_object(v, out);
	} else {
		autofree char *text =
			json_dumps(v, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

		buf_str(out, text);
	}
}

void limit_content_hash(const char *kind, const json_t *data, char out[IDS_HASH_SIZE])
{
	static const char *const seen[] = { "template", "role",		"department", "teams",
					    "inviter",	"organisation", "credentials" };
	autobuf text = BUF_INIT(0);
	struct crypto_hash h;

	crypto_hash_init(&h);
	crypto_hash_str(&h, kind);
	for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
		const json_t *value = json_object_get(data, seen[i]);

		buf_reset(&text);
		if (value)
			add_value(value, &text);
		crypto_hash_field(&h, text.data ? text.data : "", text.len);
	}
	hash_end(&h, out);
}

/* The name's room, where the rate is a limit at all. */
static char *add(struct limit_list *l, const struct tenant_rate *rate)
{
	char *name = l->names[l->n];

	if (!rate->interval_us)
		return NULL;
	l->list[l->n++] = (struct guard_limit){ name, rate->interval_us, rate->burst };
	return name;
}

/* A burst, and what an hour brings after it, are under 100 any and 20 of the same. */
static const struct tenant_rate sms_recipient = { INT64_C(3600000000) / 50, 40 },
				sms_content = { INT64_C(3600000000) / 10, 8 };

static void add_recipient(struct limit_list *l, const struct job *job, const struct tenant *t)
{
	bool sms = !strcmp(job->delivery.channel, "sms");
	bool own = t->recipient_limit.interval_us, own_content = t->content_limit.interval_us;
	char content[IDS_HASH_SIZE];
	char *name;

	if ((name = add(l, sms && !own ? &sms_recipient : &t->recipient_limit)))
		snprintf(name, LIMIT_NAME_SIZE, "recipient:%s", job->recipient_hash);
	if (!(name = add(l, sms && !own_content ? &sms_content : &t->content_limit)))
		return;
	limit_content_hash(job->kind, job->data, content);
	snprintf(name, LIMIT_NAME_SIZE, "content:%s/%s", job->recipient_hash, content);
}

static void add_domain(struct limit_list *l, const struct job *job, const struct tenant *t,
		       const struct limit_fleet *fleet)
{
	char domain[IDS_HASH_SIZE];
	char *name;

	if ((!t->domain_limit.interval_us && !fleet->domain.interval_us) || !strchr(job->to, '@'))
		return;
	limit_domain_hash(job->to, domain);
	if ((name = add(l, &t->domain_limit)))
		snprintf(name, LIMIT_NAME_SIZE, "domain:%s/%s", job->delivery.tenant, domain);
	if ((name = add(l, &fleet->domain)))
		snprintf(name, LIMIT_NAME_SIZE, "domain:%s", domain);
}

void limit_find(struct limit_list *l, const struct job *job, const struct tenant *tenant,
		const struct limit_fleet *fleet, const struct limit_relay *relay)
{
	char *name;

	l->n = 0;
	add_recipient(l, job, tenant);
	add_domain(l, job, tenant, fleet);
	if (relay && (name = add(l, &relay->rate)))
		snprintf(name, LIMIT_NAME_SIZE, "relay:%s", relay->name);
	if (relay && (name = add(l, &relay->region_rate)))
		snprintf(name, LIMIT_NAME_SIZE, "relay:%s", relay->region_name);
	if ((name = add(l, &fleet->global)))
		snprintf(name, LIMIT_NAME_SIZE, "global");
}

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

int64_t limit_park_ms(const struct claim *c, uint32_t random)
{
	int64_t first = clamp(c->wait_ms, LIMIT_PARK_MIN_MS, LIMIT_PARK_MAX_MS / 2);
	int64_t place = clamp(c->line_ms, first, LIMIT_PARK_MAX_MS);

	if (place < LIMIT_PARK_MAX_MS)
		return place;
	return first + (int64_t)((uint64_t)(LIMIT_PARK_MAX_MS - first) * random / UINT32_MAX);
}
