#include "test_recipient.h"

#include <stdio.h>
#include <string.h>

#include "codes.h"
#include "mem.h"

#define WORD_MAX 40

/* What is no error code. */
static const struct special {
	const char *word;
	enum reach reach;
	const char *receipt;
} specials[] = {
	{ "sent", REACH_TAKEN, NULL },
	{ "delivered", REACH_TAKEN, "delivered" },
	{ "undelivered", REACH_TAKEN, "undelivered" },
	{ "unknown", REACH_IN_DOUBT, NULL },
};

/* By the last digit of the number. */
static const char *const numbers[] = {
	"sent",
	"delivered",
	"undelivered",
	"unknown",
	"retry",
	"handset_unknown",
	"handset_unreachable",
	"throttled",
	"content_rejected",
	"number_barred",
};
#define NUMBERS "+44770090000"

/* What is said of a mailbox, and of a telephone, that does not exist, and of one that may be there
   later. */
static const struct kind {
	const char *missing, *for_now;
} mailbox = { "mailbox_unknown", "mailbox_full" },
  telephone = { "handset_unknown", "handset_unreachable" };

static bool find_special(const char *word, const struct kind *kind, struct test_recipient *out)
{
	for (size_t i = 0; i < ARRAY_LEN(specials); i++)
		if (!strcmp(specials[i].word, word)) {
			*out = (struct test_recipient){ .result.reach = specials[i].reach,
							.receipt = specials[i].receipt };
			if (out->receipt && !strcmp(out->receipt, "undelivered"))
				out->receipt_code = kind->missing;
			return true;
		}
	return false;
}

static bool find_code(const char *word, struct test_recipient *out)
{
	const struct code *code = codes_find(word);

	if (!code || !strchr("PMT", code->class))
		return false;
	*out = (struct test_recipient){ .result = { .reach = REACH_REFUSED, .code = code->name } };
	return true;
}

/* The word that an address or number stands for. */
static bool word_of(const char *to, char word[WORD_MAX])
{
	const char *at = strchr(to, '@');
	size_t len;

	if (!strncmp(to, NUMBERS, sizeof(NUMBERS) - 1) && strlen(to) == sizeof(NUMBERS)) {
		snprintf(word, WORD_MAX, "%s", numbers[to[sizeof(NUMBERS) - 1] - '0']);
		return true;
	}
	if (!at || strcmp(at, TEST_RECIPIENT_DOMAIN) != 0)
		return false;
	len = strcspn(to, "+@");
	if (len >= WORD_MAX)
		return false;
	snprintf(word, WORD_MAX, "%.*s", (int)len, to);
	return true;
}

bool test_recipient_find(const char *to, int64_t attempt, struct test_recipient *out)
{
	const struct kind *kind = strchr(to, '@') ? &mailbox : &telephone;
	char word[WORD_MAX];

	if (!word_of(to, word))
		return false;
	if (!strcmp(word, "retry"))
		return attempt > 1 ? find_special("sent", kind, out)
				   : find_code(kind->for_now, out);
	return find_special(word, kind, out) || find_code(word, out);
}
