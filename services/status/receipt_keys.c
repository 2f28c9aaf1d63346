#include "receipt_keys.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "curl.h"
#include "mem.h"
#include "now.h"

#define URL_MAX 256
#define NAME_MAX_CHARS 64 /* hexadecimal digits of a certificate's name */
#define FETCH_TIMEOUT_MS 5000
#define KEPT_MS ((int64_t)24 * 60 * 60 * 1000)
#define MISSING_MS 60000 /* until one that is not there is asked for again */
#define AWAY_MS 5000	 /* until anything is asked again of a host that did not answer */

struct known {
	char url[URL_MAX];	   /* "" = a free place */
	struct crypto_key *key;	   /* NULL = there is no such certificate */
	int64_t until_ms, used_ms; /* monotonic */
};

struct receipt_keys {
	pthread_mutex_t lock;
	struct known list[RECEIPT_KEYS_MAX];
	bool fetching;
	int64_t quiet_until_ms; /* nothing is fetched before */
};

struct receipt_keys *receipt_keys_open(void)
{
	struct receipt_keys *k = xcalloc(1, sizeof(*k));

	pthread_mutex_init(&k->lock, NULL);
	return k;
}

void receipt_keys_close(struct receipt_keys *k)
{
	if (!k)
		return;
	for (size_t i = 0; i < RECEIPT_KEYS_MAX; i++)
		crypto_key_free(k->list[i].key);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

/* ---- where they may be ---- */

#define DIGITS "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyz"

/* The host of the topic's region: out is "" where the topic is none of AWS'. */
static void host_of(const char *topic, char out[URL_MAX])
{
	static const struct {
		const char *partition, *domain;
	} partitions[] = {
		{ "arn:aws:sns:", "amazonaws.com" },
		{ "arn:aws-us-gov:sns:", "amazonaws.com" },
		{ "arn:aws-cn:sns:", "amazonaws.com.cn" },
	};

	*out = '\0';
	for (size_t i = 0; i < ARRAY_LEN(partitions); i++) {
		size_t n = strlen(partitions[i].partition);
		size_t region = strncmp(topic, partitions[i].partition, n)
					? 0
					: strspn(topic + n, LETTERS DIGITS "-");

		if (region && region < 32 && topic[n + region] == ':')
			snprintf(out, URL_MAX, "https://sns.%.*s.%s/", (int)region, topic + n,
				 partitions[i].domain);
	}
}

bool receipt_keys_topic_ok(const char *topic)
{
	char host[URL_MAX];

	host_of(topic, host);
	return *host;
}

bool receipt_keys_url_ok(const char *topic, const char *url)
{
	static const char name[] = "SimpleNotificationService-";
	char host[URL_MAX];
	size_t n, digits;

	host_of(topic, host);
	n = strlen(host);
	if (!n || strncmp(url, host, n) != 0 || strncmp(url + n, name, sizeof(name) - 1) != 0)
		return false;
	url += n + sizeof(name) - 1;
	digits = strspn(url, DIGITS "abcdef");
	return digits > 0 && digits <= NAME_MAX_CHARS && !strcmp(url + digits, ".pem");
}

/* ---- fetching ---- */

struct fetched {
	bool missing; /* the host says that there is none */
	struct crypto_key *key;
	char why[128];
};

static void on_done(void *ctx, const struct curl_answer *a)
{
	struct fetched *f = ctx;
	struct err e = { "" };

	f->missing = a->whole && a->status >= 400 && a->status < 500 && a->status != 429;
	if (!a->whole)
		text_put(f->why, sizeof(f->why), a->text);
	else if (a->status != 200)
		snprintf(f->why, sizeof(f->why), "HTTP %d", a->status);
	else if (crypto_key_read(&f->key, a->body, a->len, &e) < 0)
		text_put(f->why, sizeof(f->why), e.text);
}

static struct fetched fetch(const struct receipt_signature *s)
{
	struct curl_options options = { .ca_file = s->ca_file,
					.proxy = s->proxy,
					.connections = 1,
					.connect_timeout_ms = FETCH_TIMEOUT_MS };
	struct fetched f = { 0 };
	struct curl_request r = { .method = "GET",
				  .url = s->url,
				  .timeout_ms = FETCH_TIMEOUT_MS,
				  .done = on_done,
				  .user_data = &f };

	curl_ask(&options, &r);
	return f;
}

/* ---- what is known; all with the lock ---- */

static struct known *find(struct receipt_keys *k, const char *url, int64_t now)
{
	for (size_t i = 0; i < RECEIPT_KEYS_MAX; i++)
		if (!strcmp(k->list[i].url, url) && k->list[i].until_ms > now)
			return &k->list[i];
	return NULL;
}

/* What is not to be had goes before keys, and what was not asked for longest before the rest. */
static bool goes_before(const struct known *a, const struct known *b)
{
	return !a->key != !b->key ? !a->key : a->used_ms < b->used_ms;
}

static struct known *put(struct receipt_keys *k, const char *url, const struct fetched *f,
			 int64_t now)
{
	struct known *place = &k->list[0];

	for (size_t i = 0; i < RECEIPT_KEYS_MAX && strcmp(place->url, url) != 0; i++)
		if (!strcmp(k->list[i].url, url) || goes_before(&k->list[i], place))
			place = &k->list[i];
	crypto_key_free(place->key);
	text_put(place->url, sizeof(place->url), url);
	place->key = f->key;
	place->until_ms = now + (f->key ? KEPT_MS : MISSING_MS);
	return place;
}

/* Fetches it; the lock is given back meanwhile. */
static int have_fetched(struct receipt_keys *k, const struct receipt_signature *s,
			struct known **out, struct err *e)
{
	struct fetched f;
	int64_t now;

	if (k->fetching || k->quiet_until_ms > now_mono_ms())
		return err_set(e, ERR_AGAIN, "another certificate has just been asked for");
	k->fetching = true;
	pthread_mutex_unlock(&k->lock);
	f = fetch(s);
	pthread_mutex_lock(&k->lock);
	now = now_mono_ms();
	k->fetching = false;
	if (f.key || f.missing) {
		*out = put(k, s->url, &f, now);
		return OK;
	}
	k->quiet_until_ms = now + AWAY_MS;
	return err_set(e, ERR_AGAIN, "the certificate of SigningCertURL cannot be had: %s", f.why);
}

static int judge(struct known *known, const struct receipt_signature *s, struct err *e)
{
	known->used_ms = now_mono_ms();
	if (!known->key)
		return err_set(e, ERR_INVALID, "there is no certificate at SigningCertURL");
	if (!crypto_key_signed(known->key, s->digest, s->text, s->signature))
		return err_set(e, ERR_INVALID, "Signature does not fit the certificate");
	return OK;
}

int receipt_keys_signed(struct receipt_keys *k, const struct receipt_signature *s, struct err *e)
{
	struct known *known;
	int r = OK;

	if (strlen(s->url) >= URL_MAX)
		return err_set(e, ERR_INVALID, "SigningCertURL is too long");
	pthread_mutex_lock(&k->lock);
	known = find(k, s->url, now_mono_ms());
	if (!known)
		r = have_fetched(k, s, &known, e);
	if (r == OK)
		r = judge(known, s, e);
	pthread_mutex_unlock(&k->lock);
	return r;
}
