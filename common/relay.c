#include "relay.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "config.h"
#include "config_mask.h"
#include "mem.h"
#include "nearest.h"
#include "smtp.h"

struct relay {
	struct relay_terms terms; /* its name is name */
	char *name, *host, *ca_file, *username, *password_file, *helo;
	struct transport *transport;
	pthread_mutex_t lock;
	char *password; /* under the lock: channel threads ask while the loop reloads */
};

/* What an entry may hold. Texts go to the relay, numbers to its terms or to the options. */
enum place { TO_TEXT, TO_TERMS, TO_OPTIONS };

struct entry {
	const char *name;
	enum place place;
	size_t offset;
	int max, scale; /* of a number; scale: what it is multiplied with */
};

#define TEXT(f) TO_TEXT, offsetof(struct relay, f), 0, 0
#define TERM(f, max) TO_TERMS, offsetof(struct relay_terms, f), max, 1
#define NUMBER(f, scale) TO_OPTIONS, offsetof(struct smtp_options, f), 100000, scale
static const struct entry entries[] = {
	{ "name", TEXT(name) },
	{ "order", TERM(order, 1000) },
	{ "weight", TERM(weight, 1000) },
	{ "sessions", TERM(sessions, 1024) },
	{ "ca_file", TEXT(ca_file) },
	{ "username", TEXT(username) },
	{ "password_file", TEXT(password_file) },
	{ "connect_timeout_s", NUMBER(connect_timeout_ms, 1000) },
	{ "command_timeout_s", NUMBER(command_timeout_ms, 1000) },
	{ "data_timeout_s", NUMBER(data_timeout_ms, 1000) },
	{ "session_messages", NUMBER(max_messages, 1) },
};

static const struct scheme {
	const char *prefix;
	unsigned long port;
	bool implicit_tls;
} schemes[] = {
	{ "smtp://", 25, false }, { "smtps://", 465, true }, /* RFC 8314 7.3 */
};

static int bad_url(const char *url, struct err *e)
{
	autobuf shown = BUF_INIT(0);

	config_mask_text("url", url, &shown); /* somebody may have written a password into it */
	return err_set(e, ERR_FATAL, "url '%.80s': write smtp://host:port or smtps://host:port",
		       shown.data ? shown.data : "");
}

static int parse_url(struct relay *r, const char *url, struct smtp_options *o, struct err *e)
{
	const struct scheme *s = schemes;
	const char *host;
	unsigned long port;
	size_t n;
	char *end;

	while (s < schemes + ARRAY_LEN(schemes) && strncmp(url, s->prefix, strlen(s->prefix)) != 0)
		s++;
	if (s == schemes + ARRAY_LEN(schemes))
		return bad_url(url, e);
	host = url + strlen(s->prefix);
	port = s->port;
	n = strcspn(host, ":/");
	if (host[n] == ':')
		port = strtoul(host + n + 1, &end, 10);
	if (!n || (host[n] == ':' && *end) || host[n] == '/' || !port || port > UINT16_MAX)
		return bad_url(url, e);
	r->host = xstrndup(host, n);
	o->host = r->host;
	o->port = (uint16_t)port;
	o->implicit_tls = s->implicit_tls;
	return OK;
}

static int parse_tls_min(const char *version, struct smtp_options *o, struct err *e)
{
	o->tls_13 = !strcmp(version, "1.3");
	if (!o->tls_13 && strcmp(version, "1.2"))
		return err_set(e, ERR_FATAL, "tls_min '%.40s': it is 1.2 or 1.3", version);
	return OK;
}

static int parse_tls(const char *word, struct smtp_options *o, struct err *e)
{
	static const char *const words[] = {
		[SMTP_TLS_REQUIRED] = "required",
		[SMTP_TLS_OPTIONAL_INSECURE] = "optional-insecure",
		[SMTP_TLS_OFF] = "off",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!strcmp(words[i], word)) {
			o->tls = (enum smtp_tls_mode)i;
			return OK;
		}
	return err_set(e, ERR_FATAL, "tls '%.40s': it is required, optional-insecure or off", word);
}

static int unknown(const char *name, struct err *e)
{
	struct nearest near = { .word = name };

	nearest_offer(&near, "url");
	nearest_offer(&near, "tls");
	nearest_offer(&near, "tls_min");
	nearest_offer(&near, "limit");
	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		nearest_offer(&near, entries[i].name);
	return err_set(e, ERR_FATAL, "%.40s is no setting of a relay, the nearest is %s", name,
		       near.best);
}

static int parse_number(const struct entry *f, const char *value, void *base, struct err *e)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (*end || end == value || n < 1 || n > f->max)
		return err_set(e, ERR_FATAL, "%s '%.40s': a number from 1 to %d", f->name, value,
			       f->max);
	*(int *)((char *)base + f->offset) = (int)n * f->scale;
	return OK;
}

static int parse_limit(const char *value, struct tenant_rate *out, struct err *e)
{
	return tenant_rate_parse(value, out, e) < 0 ? err_prefix(e, ERR_FATAL, "limit") : OK;
}

static int parse_entry(struct relay *r, const char *name, const char *value, struct smtp_options *o,
		       struct err *e)
{
	if (!strcmp(name, "url"))
		return parse_url(r, value, o, e);
	if (!strcmp(name, "tls"))
		return parse_tls(value, o, e);
	if (!strcmp(name, "tls_min"))
		return parse_tls_min(value, o, e);
	if (!strcmp(name, "limit"))
		return parse_limit(value, &r->terms.limit, e);
	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		const struct entry *f = &entries[i];

		if (strcmp(f->name, name))
			continue;
		if (f->place != TO_TEXT)
			return parse_number(f, value, f->place == TO_TERMS ? (void *)&r->terms : o,
					    e);
		*(char **)((char *)r + f->offset) = xstrdup(value);
		return OK;
	}
	return unknown(name, e);
}

/* It goes into metrics, outcomes and keys of Redis. */
static bool name_ok(const char *name)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_.-";
	size_t n = strspn(name, chars);

	return n > 0 && n <= RELAY_NAME_MAX && !name[n];
}

static int parse(struct relay *r, const json_t *one, struct smtp_options *o, struct err *e)
{
	const char *name;
	char number[32];
	json_t *value;

	json_object_foreach ((json_t *)one, name, value)
		if (!config_scalar(value, number))
			return err_set(e, ERR_FATAL, "relays: %.40s must be a single value", name);
		else if (parse_entry(r, name, config_scalar(value, number), o, e) < 0)
			return err_prefix(e, ERR_FATAL, "relays");
	if (!r->host)
		return err_set(e, ERR_FATAL, "relays: url is missing");
	if (!r->name)
		r->name = xstrdup("relay");
	if (!name_ok(r->name))
		return err_set(e, ERR_FATAL, "relays: name '%.40s': 1 to %d of A-Z a-z 0-9 _ . -",
			       r->name, RELAY_NAME_MAX);
	r->terms.name = r->name;
	return OK;
}

static bool give_password(void *ctx, char *out, size_t size)
{
	struct relay *r = ctx;
	bool fits = false;

	pthread_mutex_lock(&r->lock);
	if (r->password && strlen(r->password) < size) {
		memcpy(out, r->password, strlen(r->password) + 1);
		fits = true;
	}
	pthread_mutex_unlock(&r->lock);
	return fits;
}

int relay_reload(struct relay *r, struct err *e)
{
	char *password;

	if (!r->password_file)
		return OK;
	if (config_secret_read(r->password_file, &password, e) < 0)
		return ERR_FATAL;
	pthread_mutex_lock(&r->lock);
	config_secret_free(r->password);
	r->password = password;
	pthread_mutex_unlock(&r->lock);
	return OK;
}

int relay_open(struct relay **out, const json_t *entry, const char *helo, struct err *e)
{
	struct relay *r = xcalloc(1, sizeof(*r));
	struct smtp_options o = { .tls = SMTP_TLS_REQUIRED };

	r->terms = (struct relay_terms){ .order = 1, .weight = 1 };
	pthread_mutex_init(&r->lock, NULL);
	if (parse(r, entry, &o, e) < 0 || relay_reload(r, e) < 0)
		goto fail;
	r->terms.insecure = o.tls == SMTP_TLS_OPTIONAL_INSECURE;
	r->helo = helo ? xstrdup(helo) : NULL;
	o.ca_file = r->ca_file;
	o.username = r->username;
	o.password = r->password_file ? give_password : NULL;
	o.password_ctx = r;
	o.helo = r->helo;
	if (smtp_transport_new(&r->transport, &o, e) < 0)
		goto fail;
	*out = r;
	return OK;
fail:
	relay_free(r);
	return ERR_FATAL;
}

void relay_free(struct relay *r)
{
	if (!r)
		return;
	if (r->transport)
		r->transport->free(r->transport);
	config_secret_free(r->password);
	pthread_mutex_destroy(&r->lock);
	free(r->name);
	free(r->host);
	free(r->ca_file);
	free(r->username);
	free(r->password_file);
	free(r->helo);
	free(r);
}

const struct relay_terms *relay_terms(const struct relay *r)
{
	return &r->terms;
}

struct transport *relay_transport(struct relay *r)
{
	return r->transport;
}

static bool is_named(const struct relays *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (!strcmp(r->list[i]->name, name))
			return true;
	return false;
}

static int open_all(struct relays *r, const json_t *list, const char *helo, struct err *e)
{
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n; i++) {
		struct relay *one;

		if (relay_open(&one, json_array_get(list, i), helo, e) < 0)
			return ERR_FATAL;
		if (is_named(r, one->name)) {
			err_set(e, ERR_FATAL, "relays: name '%s' is given twice", one->name);
			relay_free(one);
			return ERR_FATAL;
		}
		r->list[r->count++] = one;
	}
	return OK;
}

static bool is_list(const json_t *list)
{
	size_t n = json_array_size(list);

	for (size_t i = 0; i < n; i++)
		if (!json_is_object(json_array_get(list, i)))
			return false;
	return n >= 1 && n <= RELAYS_MAX;
}

int relays_open(struct relays *out, const json_t *list, const char *helo, struct err *e)
{
	struct relays r = { .count = 0 };

	if (!is_list(list))
		return err_set(e, ERR_FATAL,
			       "relays: a list of 1 to %d relays, e.g. [{name: mx, url: "
			       "smtp://127.0.0.1:25, tls: off}]",
			       RELAYS_MAX);
	if (open_all(&r, list, helo, e) < 0) {
		relays_close(&r);
		return ERR_FATAL;
	}
	*out = r;
	return OK;
}

void relays_close(struct relays *r)
{
	for (size_t i = 0; i < r->count; i++)
		relay_free(r->list[i]);
	r->count = 0;
}
