#include "http_address.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* getaddrinfo would take 99999 as a port. */
static bool is_port(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n > 0 && n < 6 && !s[n] && strtoul(s, NULL, 10) <= UINT16_MAX;
}

int http_address(const char *listen, struct addrinfo **out, struct err *e)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
					.ai_socktype = SOCK_STREAM };
	const char *colon = strrchr(listen, ':'), *host = listen;
	size_t n = colon ? (size_t)(colon - listen) : 0;

	if (n > 2 && host[0] == '[' && host[n - 1] == ']') {
		host++;
		n -= 2;
	}
	autofree char *name = xstrndup(host, n);

	if (n == 0 || !is_port(colon + 1) || getaddrinfo(name, colon + 1, &hints, out) != 0)
		return err_set(e, ERR_FATAL,
			       "'%.60s' is not an address and port like 127.0.0.1:9464", listen);
	return OK;
}

int http_address_check(const char *name, const char *listen, struct err *e)
{
	struct addrinfo *address;

	if (!listen)
		return OK;
	if (http_address(listen, &address, e) < 0)
		return err_prefix(e, ERR_FATAL, "%s", name);
	freeaddrinfo(address);
	return OK;
}
