#include "replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "now.h"
#include "outbox.h"

#define PREFIX "replay."

enum replay_verdict replay_judge(const struct replay_facts *f)
{
	if (strcmp(f->state, "error") || f->generation != f->of_generation)
		return REPLAY_MOVED_ON;
	if (f->replays >= REPLAYS_MAX)
		return REPLAY_LOOP;
	if (!f->kept)
		return REPLAY_ERASED;
	if (f->password)
		return REPLAY_PASSWORD;
	return f->now_ms >= f->not_after_ms ? REPLAY_EXPIRED : REPLAY_GO;
}

int replay_count(const char *source, const char *id)
{
	size_t n = sizeof(PREFIX) - 1;

	if (!source || !id || strcmp(source, OUTBOX_SOURCE) || strncmp(id, PREFIX, n))
		return 0;
	return (int)strtol(id + n, NULL, 10);
}

const char *replay_id(int n, const char *outcome_id, char out[REPLAY_ID_SIZE])
{
	snprintf(out, REPLAY_ID_SIZE, PREFIX "%d.%s", n, outcome_id);
	return out;
}

static const struct {
	char unit;
	int64_t ms;
} units[] = { { 's', 1000 }, { 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 } };

static bool ago(const char *text, int64_t *ms)
{
	char *end;

	errno = 0;
	long n = strtol(text, &end, 10);

	if (end == text || errno || n <= 0 || n > 100000 || !end[0] || end[1])
		return false;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		if (units[i].unit != *end)
			continue;
		*ms = n * units[i].ms;
		return true;
	}
	return false;
}

int replay_since(const char *text, int64_t now_ms, int64_t *out, struct err *e)
{
	int64_t ms;

	if (text && now_parse(text, out))
		return OK;
	if (!text || !ago(text, &ms))
		return err_set(e, ERR_INVALID,
			       "--since takes a moment (2025-03-14T18:00:00Z) or how long ago it "
			       "was (90s, 30m, 6h, 7d)");
	*out = now_ms - ms;
	return OK;
}
