#include "inet.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "mem.h"

struct net4 {
	uint32_t address;
	unsigned bits;
};

static const struct net4 closed4[] = {
	{ 0x00000000, 8 },  /* this network */
	{ 0x0a000000, 8 },  /* private */
	{ 0x64400000, 10 }, /* shared */
	{ 0x7f000000, 8 },  /* loopback */
	{ 0xa9fe0000, 16 }, /* link-local, metadata */
	{ 0xac100000, 12 }, /* private */
	{ 0xc0000000, 24 }, /* protocol assignments */
	{ 0xc0000200, 24 }, /* documentation */
	{ 0xc0586300, 24 }, /* relays of 6to4 */
	{ 0xc0a80000, 16 }, /* private */
	{ 0xc6120000, 15 }, /* benchmarks */
	{ 0xc6336400, 24 }, /* documentation */
	{ 0xcb007100, 24 }, /* documentation */
	{ 0xe0000000, 3 },  /* multicast, reserved, broadcast */
};

struct net6 {
	unsigned char address[12];
	unsigned bits;
};

static const struct net6 closed6[] = {
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48 }, /* NAT64 of a network's own */
	{ { 0x01, 0x00 }, 63 },				/* discard, dummy */
	{ { 0x20, 0x01 }, 23 },				/* protocol assignments, Teredo */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },		/* documentation */
	{ { 0x3f, 0xff }, 20 },				/* documentation */
	{ { 0x5f, 0x00 }, 16 },				/* segment routing */
	{ { 0xfc, 0x00 }, 7 },				/* unique local */
	{ { 0xfe, 0x80 }, 10 },				/* link-local */
	{ { 0xfe, 0xc0 }, 10 },				/* site-local */
	{ { 0xff, 0x00 }, 8 },				/* multicast */
};

/* Where IPv6 carries an address of IPv4, at which byte. */
static const struct carrier {
	struct net6 net;
	unsigned at;
} carriers[] = {
	{ { { 0 }, 96 }, 12 },					      /* compatible, ::, ::1 */
	{ { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 96 }, 12 }, /* mapped */
	{ { { 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 96 }, 12 },	      /* translated */
	{ { { 0x00, 0x64, 0xff, 0x9b }, 96 }, 12 },		      /* NAT64 */
	{ { { 0x20, 0x02 }, 16 }, 2 },				      /* 6to4 */
};

static bool is_public4(uint32_t a)
{
	for (size_t i = 0; i < ARRAY_LEN(closed4); i++)
		if ((a ^ closed4[i].address) >> (32 - closed4[i].bits) == 0)
			return false;
	return true;
}

static bool in_net6(const unsigned char *a, const struct net6 *n)
{
	unsigned bytes = n->bits / 8, rest = n->bits % 8;

	if (memcmp(a, n->address, bytes) != 0)
		return false;
	return !rest || (a[bytes] ^ n->address[bytes]) >> (8 - rest) == 0;
}

static bool is_public6(const unsigned char *a)
{
	for (size_t i = 0; i < ARRAY_LEN(carriers); i++) {
		const unsigned char *b = a + carriers[i].at;

		if (in_net6(a, &carriers[i].net))
			return is_public4((uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
					  (uint32_t)b[2] << 8 | b[3]);
	}
	for (size_t i = 0; i < ARRAY_LEN(closed6); i++)
		if (in_net6(a, &closed6[i]))
			return false;
	return true;
}

bool inet_is_public(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, address, sizeof(in));
		return is_public4(ntohl(in.sin_addr.s_addr));
	}
	if (address->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, address, sizeof(in6));
		return is_public6(in6.sin6_addr.s6_addr);
	}
	return false;
}
