#include "redis_url.h"

#include <stdlib.h>
#include <string.h>

#define PORT_DEFAULT 6379
#define SENTINEL_PORT_DEFAULT 26379
#define DB_MAX 65535 /* Redis itself has 16 unless told otherwise */

/* A part of the URL, not NUL-terminated. */
struct part {
	const char *at;
	size_t len;
};

static int part_copy(struct part p, char *out, size_t size, const char *what, struct err *e)
{
	if (p.len >= size)
		return err_set(e, ERR_INVALID, "Redis URL: the %s is longer than %zu characters",
			       what, size - 1);
	memcpy(out, p.at, p.len);
	out[p.len] = '\0';
	return OK;
}

static int number_parse(struct part p, const char *what, int max, int *out, struct err *e)
{
	int v = 0;

	for (size_t i = 0; i < p.len; i++) {
		if (p.at[i] < '0' || p.at[i] > '9')
			return err_set(e, ERR_INVALID, "Redis URL: the %s is not a number", what);
		v = v * 10 + (p.at[i] - '0');
		if (v > max)
			return err_set(e, ERR_INVALID, "Redis URL: the %s is over %d", what, max);
	}
	if (p.len == 0)
		return err_set(e, ERR_INVALID, "Redis URL: the %s is empty", what);
	*out = v;
	return OK;
}

/* Takes "user@" from the front of rest. The last @ counts, as in any URL. */
static int user_take(const char **rest, struct redis_url *u, struct err *e)
{
	size_t authority = strcspn(*rest, "/?");
	const char *at = memrchr(*rest, '@', authority);

	if (!at)
		return OK;
	struct part user = { *rest, (size_t)(at - *rest) };

	if (memchr(user.at, ':', user.len))
		return err_set(e, ERR_INVALID,
			       "Redis URL: a password belongs into its own file, not into the URL");
	*rest = at + 1;
	return part_copy(user, u->user, sizeof(u->user), "user", e);
}

static int unix_parse(const char *rest, struct redis_url *u, struct err *e)
{
	size_t n = strcspn(rest, "?");
	int r;

	if (rest[0] != '/' || n < 2)
		return err_set(e, ERR_INVALID,
			       "Redis URL: unix:// wants the whole path of a socket");
	if ((r = part_copy((struct part){ rest, n }, u->path, sizeof(u->path), "path", e)) < 0)
		return r;
	if (rest[n] == '\0')
		return OK;
	if (strncmp(rest + n, "?db=", 4) != 0)
		return err_set(e, ERR_INVALID,
			       "Redis URL: only ?db=N may follow the path of a socket");
	return number_parse((struct part){ rest + n + 4, strlen(rest + n + 4) }, "database", DB_MAX,
			    &u->db, e);
}

/* The host, and in *rest what follows it. */
static int host_take(const char **rest, struct redis_place *out, struct err *e)
{
	struct part host = { *rest, strcspn(*rest, ":/?,") };

	if (**rest == '[') {
		host = (struct part){ *rest + 1, strcspn(*rest + 1, "]") };
		if (host.at[host.len] != ']')
			return err_set(e, ERR_INVALID, "Redis URL: '[' without ']'");
		*rest = host.at + host.len + 1;
	} else {
		*rest += host.len;
	}
	if (host.len == 0)
		return err_set(e, ERR_INVALID, "Redis URL: no host");
	return part_copy(host, out->host, sizeof(out->host), "host", e);
}

/* The host and its port, and in *rest what follows them. */
static int place_take(const char **rest, int port_default, struct redis_place *out, struct err *e)
{
	struct part port;
	int r;

	out->port = port_default;
	if ((r = host_take(rest, out, e)) < 0 || **rest != ':')
		return r;
	port = (struct part){ *rest + 1, strcspn(*rest + 1, "/?,") };
	*rest = port.at + port.len;
	return number_parse(port, "port", 65535, &out->port, e);
}

static int sentinels_parse(const char *rest, struct redis_url *u, struct err *e)
{
	struct part name;
	int r;

	do {
		if (u->nsentinels == REDIS_SENTINELS_MAX)
			return err_set(e, ERR_INVALID, "Redis URL: more than %d Sentinels",
				       REDIS_SENTINELS_MAX);
		rest += u->nsentinels > 0;
		if ((r = place_take(&rest, SENTINEL_PORT_DEFAULT, &u->sentinels[u->nsentinels++],
				    e)) < 0)
			return r;
	} while (*rest == ',');
	name = (struct part){ rest + 1, *rest == '/' ? strcspn(rest + 1, "/?") : 0 };
	if (!name.len)
		return err_set(
			e, ERR_INVALID,
			"Redis URL: after the Sentinels stands /NAME, what they call the primary");
	if ((r = part_copy(name, u->primary, sizeof(u->primary), "primary's name", e)) < 0)
		return r;
	rest = name.at + name.len;
	if (!*rest)
		return OK;
	if (*rest != '/')
		return err_set(e, ERR_INVALID, "Redis URL: only /db may follow the primary's name");
	return number_parse((struct part){ rest + 1, strlen(rest + 1) }, "database", DB_MAX, &u->db,
			    e);
}

static int tcp_parse(const char *rest, struct redis_url *u, struct err *e)
{
	int r = place_take(&rest, PORT_DEFAULT, &u->at, e);

	if (r < 0 || rest[0] == '\0' || strcmp(rest, "/") == 0)
		return r;
	if (rest[0] != '/')
		return err_set(e, ERR_INVALID, "Redis URL: only :port and /db may follow the host");
	return number_parse((struct part){ rest + 1, strlen(rest + 1) }, "database", DB_MAX, &u->db,
			    e);
}

int redis_url_parse(const char *url, struct redis_url *out, struct err *e)
{
	static const struct {
		const char *scheme;
		bool tls;
		int (*parse)(const char *rest, struct redis_url *u, struct err *e);
	} kinds[] = {
		{ "redis://", false, tcp_parse },
		{ "rediss://", true, tcp_parse },
		{ "unix://", false, unix_parse },
		{ "sentinel://", false, sentinels_parse },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t n = strlen(kinds[i].scheme);
		struct redis_url u = { .tls = kinds[i].tls };
		const char *rest = url + n;
		int r;

		if (strncmp(url, kinds[i].scheme, n) != 0)
			continue;
		if ((r = user_take(&rest, &u, e)) < 0 || (r = kinds[i].parse(rest, &u, e)) < 0)
			return r;
		*out = u;
		return OK;
	}
	return err_set(e, ERR_INVALID,
		       "Redis URL: begins with none of redis://, rediss://, unix://, sentinel://");
}
