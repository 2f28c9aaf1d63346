#include "topic_end.h"

#include "kafka_reader.h"

int topic_end_read(const struct topic_end *t, void (*take)(void *ctx, const struct record *r),
		   void *ctx, struct err *e)
{
	struct kafka_span span = { .topic = t->topic,
				   .key = t->key,
				   .timeout_ms = (int)t->silence_max_ms };
	struct kafka_reader *k;
	int r = kafka_reader_open_span(&k, t->kafka, &span, e);

	if (r)
		return ERR_AGAIN;
	r = kafka_reader_each(k, t->silence_max_ms, take, ctx, e);
	kafka_reader_close(k);
	return r;
}
