/* What anybody may send to /receipts, and any mail: nothing crashes, nothing strange gets through.
   The first byte chooses how the rest is read: a mail, a whole call of a stranger, or a body that
   is believed already, in each of the formats. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "crypto.h"
#include "json_text.h"
#include "mem.h"
#include "receipt_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A P-256 key; nobody has its other half. */
#define KEY                                                                                        \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/" \
	"m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q=="

typedef int receipt_fn(struct receipt_reading *r, struct err *e);

static const struct {
	bool json;
	receipt_fn *genuine, *read;
	const struct sms_fields *fields;
	const char *words;
} formats[] = {
	{ false, genuine_twilio, sms_read, &sms_twilio, "twilio" },
	{ false, genuine_vonage, sms_read, &sms_vonage, "vonage" },
	{ false, genuine_bird, sms_read, &sms_bird, "messagebird" },
	{ false, genuine_smsc, sms_read, &sms_smsc, "smsc" },
	{ false, genuine_smsru, sms_read_smsru, NULL, "smsru" },
	{ false, genuine_token, sms_read, &sms_kannel, "kannel" },
	{ true, genuine_webhook, sms_read_webhook, NULL, "webhook" },
	{ true, genuine_sns, sms_read_sns, NULL, "sns" },
	{ true, genuine_sns, esp_read_ses, NULL, NULL },
	{ true, genuine_sendgrid, esp_read_sendgrid, NULL, NULL },
	{ true, genuine_mailgun, esp_read_mailgun, NULL, NULL },
	{ true, genuine_basic, esp_read_postmark, NULL, NULL },
};

/* Read once: a target has no other place for it. */
static struct receipt_words *words_of(size_t which)
{
	static struct receipt_words *read[ARRAY_LEN(formats)];
	char path[128];

	if (!formats[which].words || read[which])
		return read[which];
	snprintf(path, sizeof(path), "%s/%s.yaml", FUZZ_PROVIDERS, formats[which].words);
	if (receipt_words_read(&read[which], path, NULL) < 0)
		abort();
	return read[which];
}

static struct crypto_key *the_key(void)
{
	static struct crypto_key *key;

	if (!key)
		assert(crypto_init(NULL) == OK &&
		       crypto_key_read(&key, KEY, strlen(KEY), NULL) == OK);
	return key;
}

static void check_name(const char *name)
{
	assert(strchr(name, '/') && !strchr(name, ' ') && !strchr(name, '@') &&
	       !strchr(name, '\n'));
}

static void check(struct receipt_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct receipt *t = &l->list[i];
		struct delivery d;

		assert(t->status < RECEIPT_STATUSES && t->suppress < SUPPRESS_WHYS);
		assert(!t->code || codes_find(t->code));
		assert((t->status == RECEIPT_UNDELIVERED) == (t->code != NULL));
		assert(!strchr(t->message_id, '@') && !strchr(t->message_id, ' '));
		assert(!t->delivery[0] || ids_delivery_parse(t->delivery, &d, NULL) == OK);
		assert(t->nnames <= RECEIPT_NAMES_MAX);
		for (size_t k = 0; k < t->nnames; k++)
			check_name(t->names[k]);
	}
	receipt_list_clear(l);
}

/* Lines "name: value" up to an empty one are headers; the rest is the body. */
static const char *header(void *ctx, const char *name)
{
	static char value[512];
	const char *line = ctx;
	size_t len = strlen(name);

	for (; *line && *line != '\n'; line += strcspn(line, "\n") + 1) {
		if (!strncmp(line, name, len) && line[len] == ':') {
			text_put(value, sizeof(value), line + len + 1);
			value[strcspn(value, "\n")] = '\0';
			return value;
		}
		if (!strchr(line, '\n'))
			break;
	}
	return NULL;
}

static void try_stranger(const struct receipt_source *s, const char *text, size_t size)
{
	const char *empty = strstr(text, "\n\n");
	struct receipt_call call = { .query = "", .header = header, .ctx = (void *)text };
	struct receipt_list list = { 0 };
	struct err e = { "" };
	const char *code;

	call.body = empty ? empty + 2 : text;
	call.body_len = size - (size_t)(call.body - text);
	call.now_ms = 1760000000000;
	if (receipt_read(s, &call, &list, &code, &e) == OK)
		check(&list);
	else
		assert(codes_find(code) && e.text[0] && !list.count);
}

static void try_believed(const struct receipt_source *s, const char *text, size_t size)
{
	struct receipt_call call = { .query = "", .header = header, .ctx = (void *)"" };
	struct receipt_list list = { 0 };
	struct receipt_reading r = { .source = s, .call = &call, .out = &list };
	struct err e = { "" };
	int code = OK;

	if (s->format->json && json_text_parse(text, size, &r.json, &e) < 0)
		return;
	if (!s->format->json)
		code = pairs_read_form(text, size, &r.body, &e);
	else if (json_is_object(r.json))
		code = pairs_read_object(r.json, &r.body, &e);
	r.inner = json_incref(r.json);
	if (code == OK && s->format->read(&r, &e) == OK)
		check(&list);
	receipt_list_clear(&list);
	pairs_clear(&r.body);
	json_decref(r.inner);
	json_decref(r.json);
}

static void try_mail(const char *text, size_t size)
{
	struct receipt_list list = { 0 };
	struct err e = { "" };

	if (receipt_read_mail(text, size, &list, &e) == OK)
		check(&list);
	else
		assert(e.text[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = NULL;
	size_t which;

	if (size == 0)
		return 0;
	which = data[0] % (1 + 2 * ARRAY_LEN(formats));
	text = xcalloc(size, 1);
	memcpy(text, data + 1, size - 1);
	if (which == 0) {
		try_mail(text, size - 1);
		return 0;
	}
	size_t i = (which - 1) / 2;
	struct receipt_format format = { .name = "f",
					 .json = formats[i].json,
					 .genuine = formats[i].genuine,
					 .read = formats[i].read,
					 .fields = formats[i].fields };
	char name[] = "source", url[] = "https://h.example/r", user[] = "u", topic[] = "arn:t";
	struct receipt_source source = { .format = &format,
					 .name = name,
					 .url = url,
					 .username = user,
					 .topic = topic,
					 .secrets = { "secret" },
					 .nsecrets = 1,
					 .key = the_key(),
					 .words = words_of(i),
					 .window_ms = 300000 };

	if (which % 2)
		try_stranger(&source, text, size - 1);
	else
		try_believed(&source, text, size - 1);
	return 0;
}
