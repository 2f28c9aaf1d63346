/* What comes after a message was taken over, or refused for good: how receipts will name it, and
   that nothing more is to be sent there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "courier_priv.h"
#include "log.h"
#include "mem.h"
#include "now.h"

#define ASK_MS 2000 /* whether there is a topic of settings, once */

/* It may have been taken over, so somebody may tell of it: a mail by its Message-ID, whichever
   relay has it, anything by what the provider calls it. */
const char *courier_name_receipts(struct parcel *p, const struct outcome *o)
{
	const char *id = p->provider_message_id;
	bool mail = !strcmp(o->channel, "email");
	bool named = o->provider && id[0] && !strpbrk(id, " \t\r\n");

	if (o->word != WORD_SENT && o->word != WORD_UNKNOWN)
		return NULL;
	if (mail && !p->envid[0]) /* another life has sent it */
		letter_envid(p->job.id, p->envid);
	free(p->receipts);
	p->receipts = xasprintf("%s%s%s%s%s%s", mail ? "email/" : "", mail ? p->envid : "",
				mail && named ? " " : "", named ? o->provider : "",
				named ? "/" : "", named ? id : "");
	return p->receipts;
}

/* How long an SMS takes to its handset is what its provider's receipt will say: from now, by Redis'
   clock, on this route. */
const char *courier_about_receipts(struct parcel *p, const struct outcome *o)
{
	const char *hash = p->job.recipient_hash ? p->job.recipient_hash : "";
	int64_t now = p->claim.now_ms + now_mono_ms() - p->asked_ms;

	if (o->word != WORD_SENT || !p->lane || !p->lane->region[0] || p->elsewhere || p->tested)
		return p->job.recipient_hash;
	free(p->receipts_about);
	p->receipts_about = xasprintf("%s %lld %s", hash, (long long)now, p->lane->name);
	return p->receipts_about;
}

/* Kafka would refuse it for good, and that ends a process. */
static bool has_topic(struct courier *c)
{
	struct err e;

	if (!c->asked_settings) {
		int r = producer_warm(stage_producer(c->run),
				      stage_topic(c->run, STAGE_TOPIC_SETTINGS), ASK_MS, NULL, &e);

		c->asked_settings = r != ERR_AGAIN;
		c->no_settings = r == ERR_FATAL;
		if (r < 0)
			log_warn("ev=not-suppressed why=\"%s\"", e.text);
		return r == OK;
	}
	return !c->no_settings;
}

void courier_suppress(struct courier *c, struct parcel *p)
{
	struct suppress_record record = {
		.why = p->suppress, .code = p->verdict.code, .actor = c->source, .time_ms = now_ms()
	};
	struct kafka_message m = { .topic = stage_topic(c->run, STAGE_TOPIC_SETTINGS),
				   .partition = -1 };
	char key[SUPPRESS_KEY_SIZE];
	struct err e;

	if (!p->job.recipient_hash || !p->job.recipient_hash[0] || !has_topic(c))
		return;
	if (p->suppress == SUPPRESS_FAILED)
		record.until_ms = record.time_ms + SUPPRESS_FAILED_MS;
	autofree char *value = suppress_record_text(&record);

	m.key = suppress_key(key, p->job.delivery.tenant, p->job.recipient_hash);
	m.key_len = strlen(key);
	m.value = value;
	m.value_len = strlen(value);
	if (stage_append(c->run, p->work, &m, &e) < 0)
		stage_die(c->run, e.text);
}
