#include "scan.h"

#include "now.h"

#define TURN_MS 500
#define SILENCE_MAX_MS 30000 /* without one record */

int scan_topic(const struct settings *s, const struct kafka_span *span, scan_take *take, void *ctx,
	       struct err *e)
{
	int64_t heard_ms = now_mono_ms();
	struct kafka_reader *k;
	struct record record;
	int r = kafka_reader_open_span(&k, s->kafka, span, e);

	if (r)
		return r;
	while (r == OK && !kafka_reader_caught_up(k)) {
		r = kafka_reader_next(k, TURN_MS, &record, e);
		if (r == OK) {
			heard_ms = now_mono_ms();
			r = take(ctx, &record, e);
		} else if (r == ERR_AGAIN && now_mono_ms() - heard_ms < SILENCE_MAX_MS) {
			r = OK;
		}
	}
	kafka_reader_close(k);
	return r == ERR_FATAL ? ERR_AGAIN : r;
}
