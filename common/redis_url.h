/*
 * redis_url - where Redis is, read from one line of configuration.
 *
 *   redis://[user@]host[:port][/db]     rediss:// the same over TLS
 *   unix://[user@]/path.sock[?db=N]
 *   sentinel://[user@]host[:port][,host[:port]...]/NAME[/db]     the primary that Sentinels call
 * NAME
 *
 * A password never stands in a URL: it would be seen in every listing of processes and settings.
 */
#ifndef BECKON_REDIS_URL_H
#define BECKON_REDIS_URL_H

#include <stdbool.h>

#include "err.h"

#define REDIS_SENTINELS_MAX 8

struct redis_place {
	char host[254]; /* a name or an address, IPv6 without its brackets */
	int port;
};

struct redis_url {
	bool tls;
	char path[108];	       /* of the Unix socket; "" = TCP */
	struct redis_place at; /* TCP without Sentinels */
	struct redis_place sentinels[REDIS_SENTINELS_MAX];
	int nsentinels;
	char primary[64]; /* the Sentinels' name of it */
	char user[128];	  /* of the ACL; "" = default */
	int db;
};

/* ERR_INVALID with what is wrong; out is untouched then. */
int redis_url_parse(const char *url, struct redis_url *out, struct err *e);

#endif
