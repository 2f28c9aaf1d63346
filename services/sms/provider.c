#include "provider.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "mem.h"
#include "nearest.h"

#define CONNECT_TIMEOUT_S 5
#define TIMEOUT_S 30

struct provider {
	struct provider_terms terms; /* its name is name */
	char *name, *like, *url, *secret_file, *receipt_secret_file, *sender, *callback, *ca_file,
		*proxy, *path;
	bool plain_ok, private_ok;
	int connect_timeout_s, timeout_s;
	json_t *settings;
	struct curl_options curl;
	struct curl_wire *wire;
	struct tariff *tariff; /* its own; NULL = as its description says */
	pthread_mutex_t lock;
	/* under the lock */
	struct description *description;
	char *secret, *receipt_secret; /* NULL = none */
};

/* ---- an entry ---- */

static int take_text(const char *value, void *field)
{
	*(char **)field = xstrdup(value);
	return value[0] ? OK : ERR_INVALID;
}

static int take_number(const char *value, void *field)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (*end || end == value || n < 1 || n > 1024)
		return ERR_INVALID;
	*(int *)field = (int)n;
	return OK;
}

static int take_rate(const char *value, void *field)
{
	struct err e;

	return tenant_rate_parse(value, field, &e) < 0 ? ERR_INVALID : OK;
}

static int take_tls(const char *value, void *plain_ok)
{
	*(bool *)plain_ok = !strcmp(value, "off");
	return *(bool *)plain_ok || !strcmp(value, "required") ? OK : ERR_INVALID;
}

static int take_flag(const char *value, void *field)
{
	*(bool *)field = !strcmp(value, "true");
	return *(bool *)field || !strcmp(value, "false") ? OK : ERR_INVALID;
}

#define AT(f) offsetof(struct provider, f)
static const struct entry {
	const char *name;
	int (*take)(const char *value, void *field);
	size_t offset;
	const char *rule;
} entries[] = {
	{ "name", take_text, AT(name), "a name" },
	{ "like", take_text, AT(like), "the name of a description" },
	{ "url", take_text, AT(url), "a URL instead of the description's" },
	{ "secret_file", take_text, AT(secret_file), "a path" },
	{ "receipt_secret_file", take_text, AT(receipt_secret_file), "a path" },
	{ "sender", take_text, AT(sender), "a number or name" },
	{ "callback", take_text, AT(callback), "a URL" },
	{ "ca_file", take_text, AT(ca_file), "a path" },
	{ "proxy", take_text, AT(proxy), "a URL" },
	{ "order", take_number, AT(terms.order), "a number from 1 to 1024" },
	{ "weight", take_number, AT(terms.weight), "a number from 1 to 1024" },
	{ "sessions", take_number, AT(terms.sessions), "a number from 1 to 1024" },
	{ "connect_timeout_s", take_number, AT(connect_timeout_s), "a number from 1 to 1024" },
	{ "timeout_s", take_number, AT(timeout_s), "a number from 1 to 1024" },
	{ "limit", take_rate, AT(terms.limit), "such as 50/s burst 100" },
	{ "tls", take_tls, AT(plain_ok), "required or off" },
	{ "private_network", take_flag, AT(private_ok), "true or false" },
};

static int unknown(const char *name, struct err *e)
{
	struct nearest near = { .word = name };

	nearest_offer(&near, "settings");
	nearest_offer(&near, "cost");
	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		nearest_offer(&near, entries[i].name);
	return err_set(e, ERR_FATAL, "providers: %.40s is no setting of one, the nearest is %s",
		       name, near.best);
}

/* Texts; a number is the text that it is written as. */
static int take_settings(struct provider *p, const json_t *value, struct err *e)
{
	char number[32];
	const char *name;
	json_t *one;

	if (!json_is_object(value))
		return err_set(e, ERR_FATAL, "providers: settings: pairs of name and text");
	p->settings = json_object();
	json_object_foreach ((json_t *)value, name, one) {
		const char *text = config_scalar(one, number);

		if (!text)
			return err_set(e, ERR_FATAL, "providers: settings.%.40s: a single value",
				       name);
		json_object_set_new(p->settings, name, json_string(text));
	}
	return OK;
}

static int take_cost(struct provider *p, const json_t *value, struct err *e)
{
	return tariff_parse(&p->tariff, value, e) < 0 ? err_prefix(e, ERR_FATAL, "providers: cost")
						      : OK;
}

static int take_entry(struct provider *p, const char *name, const json_t *value, struct err *e)
{
	char number[32];
	const char *text = config_scalar(value, number);

	if (!strcmp(name, "settings"))
		return take_settings(p, value, e);
	if (!strcmp(name, "cost"))
		return take_cost(p, value, e);
	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		const struct entry *f = &entries[i];

		if (strcmp(f->name, name) != 0)
			continue;
		if (!text || f->take(text, (char *)p + f->offset) < 0)
			return err_set(e, ERR_FATAL, "providers: %s '%.40s': %s", name,
				       text ? text : "", f->rule);
		return OK;
	}
	return unknown(name, e);
}

/* It goes into metrics, outcomes, headers and keys of Redis. */
static bool name_ok(const char *name)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_.-";
	size_t n = strspn(name, chars);

	return n > 0 && n <= PROVIDER_NAME_MAX && !name[n] && strcmp(name, "..") != 0 &&
	       strcmp(name, ".") != 0;
}

static int parse(struct provider *p, const json_t *entry, const char *dir, struct err *e)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)entry, name, value)
		if (take_entry(p, name, value, e) < 0)
			return ERR_FATAL;
	if (!p->name)
		return err_set(e, ERR_FATAL, "providers: name is missing");
	if (!p->like)
		p->like = xstrdup(p->name);
	if (!name_ok(p->name) || !name_ok(p->like))
		return err_set(e, ERR_FATAL,
			       "providers: name and like '%.40s': 1 to %d of A-Z a-z 0-9 _ . -",
			       p->name, PROVIDER_NAME_MAX);
	p->terms.name = p->name;
	p->path = xasprintf("%s/%s.yaml", dir, p->like);
	return OK;
}

/* ---- description and secret ---- */

/* What provider_reload reads. */
struct read {
	struct description *description;
	char *secret, *receipt_secret;
};

/* Is everything there that a message needs, and does it go where it may? */
static int try_out(struct provider *p, const struct read *r, struct err *e)
{
	const struct description *d = r->description;
	struct compose_facts f = { .to = "+15005550006",
				   .text = "text",
				   .sender = "sender",
				   .encoding = "gsm",
				   .key = "key",
				   .callback = "callback",
				   .secret = r->secret,
				   .receipt_secret = r->receipt_secret,
				   .url = p->url,
				   .settings = p->settings };
	struct composed c = { .nheaders = 0 };
	char name[64];
	int code = compose(d, &f, &c, e);

	if (!r->secret && compose_needs(d, "secret"))
		code = err_set(e, ERR_FATAL, "secret_file is missing");
	else if (!r->receipt_secret && p->callback && compose_needs(d, "receipt_secret"))
		code = err_set(e, ERR_FATAL, "receipt_secret_file is missing");
	else if (compose_unknown_name(d, p->settings, name))
		code = err_set(e, ERR_FATAL, "settings.%s is missing", name);
	else if (strstr(p->url ? p->url : d->url, "{secret}"))
		code = err_set(e, ERR_FATAL, "url: a secret does not belong there");
	else if (code == OK && strncmp(c.url.data, "https://", 8) != 0 &&
		 !(p->plain_ok && !strncmp(c.url.data, "http://", 7)))
		code = err_set(e, ERR_FATAL, "url: https:// only, or tls: off");
	composed_clear(&c);
	return code;
}

static void read_clear(struct read *r)
{
	description_free(r->description);
	config_secret_free(r->secret);
	config_secret_free(r->receipt_secret);
}

/* The first line is shown. While one secret takes the place of another the file, which `receipts`
   may share, has both: the others are only believed. */
static int read_secret(const char *path, char **out, struct err *e)
{
	int r = path ? config_secret_read(path, out, e) : OK;
	char *rest;

	if (r < 0 || !path)
		return r;
	rest = *out + strcspn(*out, "\r\n");
	explicit_bzero(rest, strlen(rest));
	return OK;
}

static int read_all(struct provider *p, struct read *r, struct err *e)
{
	if (description_read(&r->description, p->path, e) < 0 ||
	    read_secret(p->secret_file, &r->secret, e) < 0 ||
	    read_secret(p->receipt_secret_file, &r->receipt_secret, e) < 0 || try_out(p, r, e) < 0)
		return err_prefix(e, ERR_FATAL, "providers: %s", p->name);
	return OK;
}

int provider_reload(struct provider *p, struct err *e)
{
	struct read r = { .description = NULL }, former;

	if (read_all(p, &r, e) < 0) {
		read_clear(&r);
		return ERR_FATAL;
	}
	pthread_mutex_lock(&p->lock);
	former = (struct read){ p->description, p->secret, p->receipt_secret };
	p->description = r.description;
	p->secret = r.secret;
	p->receipt_secret = r.receipt_secret;
	pthread_mutex_unlock(&p->lock);
	read_clear(&former);
	return OK;
}

static char *copy(const char *secret)
{
	return secret ? xstrdup(secret) : NULL;
}

int provider_compose(struct provider *p, struct compose_facts *f, int encoding,
		     struct composed *out, struct description **d, struct err *e)
{
	char *secret, *receipt_secret;
	int r;

	pthread_mutex_lock(&p->lock);
	*d = description_hold(p->description);
	secret = copy(p->secret);
	receipt_secret = copy(p->receipt_secret);
	pthread_mutex_unlock(&p->lock);
	f->settings = p->settings;
	f->url = p->url;
	f->secret = secret;
	f->receipt_secret = receipt_secret;
	f->callback = p->callback;
	f->sender = f->sender ? f->sender : p->sender;
	f->encoding = (*d)->encodings[encoding];
	r = compose(*d, f, out, e);
	f->secret = f->receipt_secret = NULL;
	config_secret_free(secret);
	config_secret_free(receipt_secret);
	return r;
}

struct cost provider_cost(struct provider *p, const char *number, unsigned segments)
{
	struct cost c;

	pthread_mutex_lock(&p->lock);
	c = tariff_cost(p->tariff ? p->tariff : p->description->tariff, number, segments);
	pthread_mutex_unlock(&p->lock);
	return c;
}

/* ---- life ---- */

int provider_open(struct provider **out, const json_t *entry, const char *dir, struct err *e)
{
	struct provider *p = xcalloc(1, sizeof(*p));

	p->terms =
		(struct provider_terms){ .order = 1, .weight = 1, .sessions = PROVIDER_SESSIONS };
	p->connect_timeout_s = CONNECT_TIMEOUT_S;
	p->timeout_s = TIMEOUT_S;
	pthread_mutex_init(&p->lock, NULL);
	if (parse(p, entry, dir, e) < 0 || provider_reload(p, e) < 0) {
		provider_free(p);
		return ERR_FATAL;
	}
	p->terms.idempotent = p->description->idempotency_header != NULL;
	p->terms.receipts = p->description->receipts && p->callback;
	if (!p->terms.limit.interval_us)
		p->terms.limit = p->description->rate;
	p->curl = (struct curl_options){ .plain_ok = p->plain_ok,
					 .private_ok = p->private_ok,
					 .ca_file = p->ca_file,
					 .proxy = p->proxy,
					 .connections = (size_t)p->terms.sessions,
					 .connect_timeout_ms = p->connect_timeout_s * 1000 };
	p->wire = curl_wire_new(&p->curl);
	*out = p;
	return OK;
}

void provider_free(struct provider *p)
{
	if (!p)
		return;
	curl_wire_free(p->wire);
	description_free(p->description);
	tariff_free(p->tariff);
	config_secret_free(p->secret);
	config_secret_free(p->receipt_secret);
	json_decref(p->settings);
	pthread_mutex_destroy(&p->lock);
	free(p->name);
	free(p->like);
	free(p->url);
	free(p->secret_file);
	free(p->receipt_secret_file);
	free(p->sender);
	free(p->callback);
	free(p->ca_file);
	free(p->proxy);
	free(p->path);
	free(p);
}

const struct provider_terms *provider_terms(const struct provider *p)
{
	return &p->terms;
}

struct curl_wire *provider_wire(struct provider *p)
{
	return p->wire;
}

int64_t provider_timeout_ms(const struct provider *p)
{
	return p->timeout_s * INT64_C(1000);
}

int provider_probe(struct provider *p, struct err *e)
{
	struct compose_facts f = { .to = "+15005550006", .text = "text", .key = "key" };
	struct composed c = { .nheaders = 0 };
	struct description *d;
	int r = provider_compose(p, &f, 0, &c, &d, e);

	description_free(d);
	if (r == OK)
		r = curl_probe(&p->curl, c.url.data, e);
	composed_clear(&c);
	return r;
}
