#include "topic_end.h"

#include "kafka_reader.h"
#include "now.h"

#define TURN_MS 100

int topic_end_read(const struct topic_end *t, void (*take)(void *ctx, const struct record *r),
		   void *ctx, struct err *e)
{
	struct kafka_span span = { .topic = t->topic,
				   .key = t->key,
				   .timeout_ms = (int)t->silence_max_ms };
	int64_t heard_ms = now_mono_ms();
	struct kafka_reader *k;
	struct record record;
	int r = kafka_reader_open_span(&k, t->kafka, &span, e);

	if (r)
		return ERR_AGAIN;
	while (r == OK && !kafka_reader_caught_up(k)) {
		int next = kafka_reader_next(k, TURN_MS, &record, e);

		if (next == ERR_FATAL || now_mono_ms() - heard_ms > t->silence_max_ms)
			r = err_set(e, ERR_AGAIN, "Kafka has stopped answering");
		if (next != OK)
			continue;
		heard_ms = now_mono_ms();
		take(ctx, &record);
	}
	kafka_reader_close(k);
	return r;
}
