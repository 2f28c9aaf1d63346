#include "topic_fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kafka_reader.h"
#include "mem.h"
#include "outbox.h"

#define SILENCE_MAX_MS 10000 /* without a record: Kafka is away */

struct folding {
	int (*take)(void *view, const struct record *r, struct err *e);
	void *view;
};

static void fold(void *ctx, const struct record *r)
{
	const struct folding *f = ctx;
	struct err wrong;

	if (f->take(f->view, r, &wrong) < 0)
		fprintf(stderr, "passed over: partition %d, offset %lld: %s\n", r->partition,
			(long long)r->offset, wrong.text);
}

int topic_fold_read(const struct settings *s, const char *topic,
		    int (*take)(void *view, const struct record *r, struct err *e), void *view,
		    struct err *e)
{
	struct kafka_span span = { .topic = topic };
	struct folding f = { take, view };
	struct kafka_reader *k;
	int r = kafka_reader_open_span(&k, s->kafka, &span, e);

	if (r == OK) {
		r = kafka_reader_each(k, SILENCE_MAX_MS, fold, &f, e);
		kafka_reader_close(k);
	}
	return r;
}

int topic_fold_put(const struct settings *s, const char *topic, const char *key,
		   const json_t *record, struct err *e)
{
	autofree char *value = record ? json_dumps(record, JSON_COMPACT) : NULL;
	struct kafka_message m = { .topic = topic,
				   .partition = -1,
				   .key = key,
				   .key_len = strlen(key),
				   .value = value,
				   .value_len = value ? strlen(value) : 0 };
	struct outbox out;
	int r;

	if (m.value_len > RECORD_MAX_BYTES)
		return err_set(e, ERR_INVALID, "the record would have more than %u bytes",
			       RECORD_MAX_BYTES);
	r = outbox_open(&out, s, m.topic, e);
	if (r == OK)
		r = outbox_put(&out, &m, e);
	if (r == OK)
		r = outbox_flush(&out, e);
	outbox_close(&out);
	return r;
}
