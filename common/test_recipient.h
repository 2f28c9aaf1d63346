/*
 * test_recipient - addresses and numbers that nobody has, each of which ends in one outcome.
 *
 * For tenants that allow them (setting test_recipients): nothing leaves for them, and all that is
 * told is told as for anybody else. An address is "<what>@test.beckon.invalid", with anything
 * between a plus and the @ so that there can be many; what is sent, delivered, undelivered,
 * unknown, retry, or an error code of class P, M or T. Numbers are ten of those that Ofcom keeps
 * free for films, +44 7700 900000 to 900009. Pure.
 */
#ifndef BECKON_TEST_RECIPIENT_H
#define BECKON_TEST_RECIPIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "transport.h"

#define TEST_RECIPIENT_DOMAIN "@test.beckon.invalid"
#define TEST_RECIPIENT_PROVIDER "test" /* who is told to have taken it over */

struct test_recipient {
	struct mail_result result; /* what a relay would have answered */
	const char *receipt;	  /* what becomes of it later: a word of receipts; NULL = silence */
	const char *receipt_code; /* undelivered: why */
};

/* to is a normal form. False: it is somebody's, or nobody's that means anything. Strings are
   static. */
bool test_recipient_find(const char *to, int64_t attempt, struct test_recipient *out);

#endif
