/* Any bytes as a phone number: never a crash, and a normal form is its own normal form. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "codes.h"
#include "mem.h"
#include "phone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_normal(const struct phone *p)
{
	const struct phone_rules rules = { NULL, true };
	char shown[PHONE_SHOWN_SIZE];
	struct phone_fault fault;
	struct phone again;

	assert(p->e164[0] == '+' && strspn(p->e164 + 1, "0123456789") == strlen(p->e164) - 1);
	assert(p->country_code > 0 && p->region[0]);
	assert(phone_normalise(p->e164, &rules, &again, &fault, NULL) == OK);
	assert(!strcmp(p->e164, again.e164) && !strcmp(p->region, again.region));
	assert(strlen(phone_mask(p, shown)) < PHONE_SHOWN_SIZE && strchr(shown, '*'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const homes[] = { NULL, "RU", "US", "IT", "001" };
	autofree char *typed = xstrndup((const char *)data, size);
	struct err e;

	for (size_t i = 0; i < ARRAY_LEN(homes); i++) {
		struct phone_fault fault = { 0 };
		struct phone p;

		if (phone_normalise(typed, &(struct phone_rules){ homes[i], i == 1 }, &p, &fault,
				    &e) == OK)
			check_normal(&p);
		else
			assert(codes_find(fault.code) && e.text[0]);
	}
	return 0;
}
