#include "config_number.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What may stand behind a number, largest first. */
struct unit {
	const char *suffix;
	int64_t factor;
};

static const struct unit plain_units[] = { { "", 1 }, { NULL, 0 } };

static const struct unit duration_units[] = {
	{ "d", 86400000 }, { "h", 3600000 }, { "m", 60000 },
	{ "s", 1000 },	   { "ms", 1 },	     { NULL, 0 },
};

static const struct unit size_units[] = {
	{ "GiB", 1 << 30 }, { "MiB", 1 << 20 }, { "KiB", 1 << 10 }, { "", 1 }, { NULL, 0 },
};

static const struct {
	const struct unit *units;
	const char *like;
	bool negative;
} types[CONFIG_TYPE_COUNT] = {
	[CONFIG_TYPE_INT] = { plain_units, "a whole number", true },
	[CONFIG_TYPE_DURATION] = { duration_units, "a duration like 250ms, 5s, 1m, 2h or 7d",
				   false },
	[CONFIG_TYPE_DURATION_LIST] = { duration_units, "a duration like 250ms, 5s, 1m, 2h or 7d",
					false },
	[CONFIG_TYPE_BYTES] = { size_units, "a size like 512, 64KiB, 4MiB or 1GiB", false },
};

static bool number_parse(const char *s, const struct unit *u, int64_t *out)
{
	char *end;
	long long n;

	if (!isdigit((unsigned char)*s) && *s != '-')
		return false; /* strtoll would take white space and a plus */
	errno = 0;
	n = strtoll(s, &end, 10);
	if (errno || !isdigit((unsigned char)end[-1]))
		return false;
	while (u->suffix && strcmp(end, u->suffix) != 0)
		u++;
	if (!u->suffix && n == 0 && !*end)
		return *out = 0, true; /* nothing needs no unit */
	return u->suffix && !__builtin_mul_overflow(n, u->factor, out);
}

/* In the largest unit that divides n. */
static void number_print(int64_t n, const struct unit *u, struct buf *out)
{
	while (u[1].suffix && (n == 0 || n % u->factor != 0))
		u++;
	buf_fmt(out, "%lld%s", (long long)(n / u->factor), u->suffix);
}

bool config_duration_parse(const char *s, int64_t *ms)
{
	return number_parse(s, duration_units, ms) && *ms >= 0;
}

/* A maximum below the minimum is none. */
static bool has_max(const struct config_key *k)
{
	return k->max >= k->min && (k->min || k->max);
}

void config_number_range(const struct config_key *k, struct buf *out)
{
	buf_str(out, has_max(k) ? "" : "at least ");
	number_print(k->min, types[k->type].units, out);
	if (!has_max(k))
		return;
	buf_str(out, " to ");
	number_print(k->max, types[k->type].units, out);
}

static int out_of_range(const struct config_key *k, const char *s, struct err *e)
{
	autobuf range = BUF_INIT(64);

	config_number_range(k, &range);
	return err_set(e, ERR_INVALID, "\"%.40s\" is out of range, %s", s, range.data);
}

int config_number(const struct config_key *k, const char *s, int64_t *out, struct err *e)
{
	int64_t n;

	if (!number_parse(s, types[k->type].units, &n) || (n < 0 && !types[k->type].negative))
		return err_set(e, ERR_INVALID, "\"%.40s\" is not %s", s, types[k->type].like);
	if ((k->min || k->max) && (n < k->min || (has_max(k) && n > k->max)))
		return out_of_range(k, s, e);
	*out = n;
	return OK;
}
