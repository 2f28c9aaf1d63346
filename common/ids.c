#include "ids.h"

#include <assert.h>
#include <string.h>

#include "buf.h"
#include "crypto.h"
#include "mem.h"

#define SHORT_BYTES                                                                                \
	16 /* 128 bits of a hash: no collision in any number of invites we can store               \
	    */

static bool name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

bool ids_name_ok(const char *s, size_t n)
{
	if (n == 0 || n > IDS_NAME_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!name_char(s[i]))
			return false;
	return true;
}

/* Writes s and what follows it. */
static char *put(char *to, const char *s, char after)
{
	size_t n = strlen(s);

	memcpy(to, s, n);
	to[n] = after;
	return to + n + 1;
}

static char *number_put(char *to, uint32_t v, char after)
{
	char text[INT_TEXT_SIZE];

	int_text(text, v);
	return put(to, text, after);
}

const char *ids_channel(const char *name)
{
	static const char *const names[] = { IDS_EMAIL, IDS_SMS };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(names[i], name))
			return names[i];
	return NULL;
}

const char *ids_delivery_build(const struct delivery *d, char out[IDS_DELIVERY_SIZE])
{
	char *to = out;

	to = put(to, d->tenant, '/');
	to = put(to, d->invite, '.');
	to = number_put(to, d->generation, '.');
	to = put(to, d->channel, '.');
	number_put(to, d->n, '\0');
	return out;
}

const char *ids_key(const char *tenant, const char *invite, char out[IDS_KEY_SIZE])
{
	assert(strlen(tenant) <= IDS_NAME_MAX && strlen(invite) <= IDS_NAME_MAX);
	put(put(out, tenant, '/'), invite, '\0');
	return out;
}

/* Copies the name before `stop` and moves *s behind it. */
static bool name_take(const char **s, char stop, char out[IDS_NAME_MAX + 1])
{
	const char *end = strchr(*s, stop);
	size_t n = end ? (size_t)(end - *s) : 0;

	if (!end || !ids_name_ok(*s, n))
		return false;
	memcpy(out, *s, n);
	out[n] = '\0';
	*s = end + 1;
	return true;
}

/* A number as we write it: no sign, no leading zero, at most IDS_NUMBER_MAX. */
static bool number_take(const char **s, char stop, uint32_t *out)
{
	const char *p = *s;
	uint64_t v = 0;

	for (; *p >= '0' && *p <= '9' && v <= IDS_NUMBER_MAX; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	if (p == *s || *p != stop || v > IDS_NUMBER_MAX || (**s == '0' && p - *s > 1))
		return false;
	*out = (uint32_t)v;
	*s = stop ? p + 1 : p;
	return true;
}

static bool channel_take(const char **s, char out[IDS_CHANNEL_MAX + 1])
{
	size_t n = strspn(*s, "abcdefghijklmnopqrstuvwxyz");

	if (n == 0 || n > IDS_CHANNEL_MAX || (*s)[n] != '.')
		return false;
	memcpy(out, *s, n);
	out[n] = '\0';
	*s += n + 1;
	return true;
}

int ids_delivery_parse(const char *text, struct delivery *out, struct err *e)
{
	struct delivery d;

	if (!name_take(&text, '/', d.tenant) || !name_take(&text, '.', d.invite) ||
	    !number_take(&text, '.', &d.generation) || !channel_take(&text, d.channel) ||
	    !number_take(&text, '\0', &d.n))
		return err_set(e, ERR_INVALID, "not a delivery id");
	*out = d;
	return OK;
}

static void outcome_finish(struct crypto_hash *h, uint32_t turn, const char *word,
			   char out[IDS_OUTCOME_SIZE])
{
	unsigned char hash[CRYPTO_HASH_BYTES];

	crypto_hash_u64(h, turn);
	crypto_hash_str(h, word);
	crypto_hash_final(h, hash);
	crypto_base32(hash, SHORT_BYTES, out);
}

void ids_outcome_of_delivery(const char *tenant, const char *delivery, uint32_t turn,
			     const char *word, char out[IDS_OUTCOME_SIZE])
{
	struct crypto_hash h;

	crypto_hash_init(&h);
	crypto_hash_str(&h, tenant);
	crypto_hash_str(&h, delivery);
	outcome_finish(&h, turn, word, out);
}

/* One field more than an outcome of a delivery: the two can never be equal. */
void ids_outcome_of_event(const char *tenant, struct ids_event event, uint32_t turn,
			  const char *word, char out[IDS_OUTCOME_SIZE])
{
	struct crypto_hash h;

	crypto_hash_init(&h);
	crypto_hash_str(&h, tenant);
	crypto_hash_str(&h, event.source);
	crypto_hash_str(&h, event.id);
	outcome_finish(&h, turn, word, out);
}

void ids_event_hash(struct ids_event event, char out[IDS_HASH_SIZE])
{
	unsigned char hash[CRYPTO_HASH_BYTES];
	struct crypto_hash h;

	crypto_hash_init(&h);
	crypto_hash_str(&h, event.source);
	crypto_hash_str(&h, event.id);
	crypto_hash_final(&h, hash);
	crypto_base64url(hash, SHORT_BYTES, out);
}

void ids_recipient_hash(const void *key, size_t key_len, struct ids_recipient who,
			char out[IDS_HASH_SIZE])
{
	unsigned char hash[CRYPTO_HASH_BYTES];
	struct crypto_mac m;

	crypto_mac_init(&m, key, key_len);
	crypto_mac_str(&m, "recipient");
	crypto_mac_str(&m, who.channel);
	crypto_mac_str(&m, who.address);
	crypto_mac_final(&m, hash);
	crypto_base64url(hash, SHORT_BYTES, out);
}
