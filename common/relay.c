#include "relay.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "mem.h"
#include "nearest.h"
#include "smtp.h"

#define PREFIX "smtp://"
#define SUBMISSION_PORT 25

struct relay {
	char *name, *host, *ca_file, *username, *password_file, *helo;
	struct transport *transport;
	pthread_mutex_t lock;
	char *password; /* under the lock: channel threads ask while the loop reloads */
};

/* What an entry may hold. Texts go to the relay, numbers to the options. */
struct entry {
	const char *name;
	size_t text;   /* offset in struct relay, for texts */
	size_t number; /* offset in struct smtp_options, for numbers */
	int scale;     /* what a number is multiplied with; 0 = a text */
};

#define TEXT(f) offsetof(struct relay, f), 0, 0
#define NUMBER(f, scale) 0, offsetof(struct smtp_options, f), scale
static const struct entry entries[] = {
	{ "name", TEXT(name) },
	{ "ca_file", TEXT(ca_file) },
	{ "username", TEXT(username) },
	{ "password_file", TEXT(password_file) },
	{ "connect_timeout_s", NUMBER(connect_timeout_ms, 1000) },
	{ "command_timeout_s", NUMBER(command_timeout_ms, 1000) },
	{ "data_timeout_s", NUMBER(data_timeout_ms, 1000) },
	{ "session_messages", NUMBER(max_messages, 1) },
};

static int parse_url(struct relay *r, const char *url, struct smtp_options *o, struct err *e)
{
	const char *host = url + sizeof(PREFIX) - 1;
	size_t n;
	char *end;
	unsigned long port = SUBMISSION_PORT;

	if (strncmp(url, PREFIX, sizeof(PREFIX) - 1) != 0)
		return err_set(e, ERR_FATAL, "url '%.80s': write smtp://host:port", url);
	n = strcspn(host, ":/");
	if (host[n] == ':')
		port = strtoul(host + n + 1, &end, 10);
	if (!n || (host[n] == ':' && *end) || host[n] == '/' || !port || port > UINT16_MAX)
		return err_set(e, ERR_FATAL, "url '%.80s': write smtp://host:port", url);
	r->host = xstrndup(host, n);
	o->host = r->host;
	o->port = (uint16_t)port;
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
	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		nearest_offer(&near, entries[i].name);
	return err_set(e, ERR_FATAL, "%.40s is no setting of a relay, the nearest is %s", name,
		       near.best);
}

static int parse_entry(struct relay *r, const char *name, const char *value, struct smtp_options *o,
		       struct err *e)
{
	char *end;

	if (!strcmp(name, "url"))
		return parse_url(r, value, o, e);
	if (!strcmp(name, "tls"))
		return parse_tls(value, o, e);
	for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
		const struct entry *f = &entries[i];
		long n;

		if (strcmp(f->name, name))
			continue;
		if (!f->scale) {
			*(char **)((char *)r + f->text) = xstrdup(value);
			return OK;
		}
		n = strtol(value, &end, 10);
		if (*end || end == value || n < 1 || n > 100000)
			return err_set(e, ERR_FATAL, "%s '%.40s': a number from 1 to 100000", name,
				       value);
		*(int *)((char *)o + f->number) = (int)n * f->scale;
		return OK;
	}
	return unknown(name, e);
}

static int parse(struct relay *r, const json_t *list, struct smtp_options *o, struct err *e)
{
	const json_t *one = json_array_get(list, 0);
	const char *name;
	char number[32];
	json_t *value;

	if (!json_is_array(list) || json_array_size(list) != 1 || !json_is_object(one))
		return err_set(e, ERR_FATAL,
			       "relays: a list of one relay, e.g. [{name: mx, url: "
			       "smtp://127.0.0.1:25, tls: off}]");
	json_object_foreach ((json_t *)one, name, value)
		if (!config_scalar(value, number))
			return err_set(e, ERR_FATAL, "relays: %.40s must be a single value", name);
		else if (parse_entry(r, name, config_scalar(value, number), o, e) < 0)
			return err_prefix(e, ERR_FATAL, "relays");
	if (!r->host)
		return err_set(e, ERR_FATAL, "relays: url is missing");
	if (!r->name)
		r->name = xstrdup("relay");
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

int relay_open(struct relay **out, const json_t *list, const char *helo, struct err *e)
{
	struct relay *r = xcalloc(1, sizeof(*r));
	struct smtp_options o = { .tls = SMTP_TLS_REQUIRED };

	pthread_mutex_init(&r->lock, NULL);
	if (parse(r, list, &o, e) < 0 || relay_reload(r, e) < 0)
		goto fail;
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

const char *relay_name(const struct relay *r)
{
	return r->name;
}

struct transport *relay_transport(struct relay *r)
{
	return r->transport;
}
