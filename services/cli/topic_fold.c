#include "topic_fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kafka_reader.h"
#include "mem.h"
#include "now.h"
#include "outbox.h"

#define TURN_MS 100
#define SILENCE_MAX_MS 10000 /* without a record: Kafka is away */

struct folding {
	struct kafka_reader *reader;
	int (*take)(void *view, const struct record *r, struct err *e);
	void *view;
};

static int read_all(const struct folding *f, struct err *e)
{
	int64_t heard_ms = now_mono_ms();
	struct record record;
	struct err wrong;

	while (!kafka_reader_caught_up(f->reader)) {
		int r = kafka_reader_next(f->reader, TURN_MS, &record, e);

		if (r == ERR_FATAL)
			return ERR_AGAIN;
		if (r != OK && now_mono_ms() - heard_ms > SILENCE_MAX_MS)
			return err_set(e, ERR_AGAIN, "Kafka has stopped answering");
		if (r != OK)
			continue;
		heard_ms = now_mono_ms();
		if (f->take(f->view, &record, &wrong) < 0)
			fprintf(stderr, "passed over: partition %d, offset %lld: %s\n",
				record.partition, (long long)record.offset, wrong.text);
	}
	return OK;
}

int topic_fold_read(const struct settings *s, const char *topic,
		    int (*take)(void *view, const struct record *r, struct err *e), void *view,
		    struct err *e)
{
	struct kafka_span span = { .topic = topic };
	struct folding f = { .take = take, .view = view };
	int r = kafka_reader_open_span(&f.reader, s->kafka, &span, e);

	if (r == OK) {
		r = read_all(&f, e);
		kafka_reader_close(f.reader);
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
