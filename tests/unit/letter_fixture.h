/*
 * letter_fixture - who writes to whom in the tests of letters.
 */
#ifndef BECKON_TEST_LETTER_FIXTURE_H
#define BECKON_TEST_LETTER_FIXTURE_H

#include "letter.h"

static const struct letter_sender sender = {
	.from_name = "beckon",
	.from_address = "invites@mail.example",
	.reply_to = "help@acme.example",
	.id_domain = "mail.example",
};

static const struct letter_facts facts = {
	.delivery = "acme/inv-1.1.email.0",
	.to = "anna@example.com",
	.locale = "en",
	.timezone = "Europe/Moscow",
	.date_ms = 1741964400000,
	.now_ms = 1741964400000,
	.expires_ms = 1742137200000,
};

#endif
