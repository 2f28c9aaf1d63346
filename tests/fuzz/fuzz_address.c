/* Any bytes as an e-mail address: never a crash, and a normal form is its own normal form. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "codes.h"
#include "mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_normal(const struct address *a)
{
	char mask[ADDRESS_MASK_SIZE];
	struct address again;
	const char *code;

	for (const char *c = a->normalised; *c; c++)
		assert(*c > ' ' && *c < 0x7f && (*c < 'A' || *c > 'Z'));
	assert(a->normalised[a->local_len] == '@' && strchr(address_domain(a), '.'));
	assert(address_normalise(a->normalised, &again, &code, NULL) == OK);
	assert(strcmp(a->normalised, again.normalised) == 0);
	assert(strlen(address_mask(a, mask)) < ADDRESS_MASK_SIZE);
	(void)address_reserved(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *typed = xstrndup((const char *)data, size);
	struct address a;
	const char *code = NULL;
	struct err e;

	if (address_normalise(typed, &a, &code, &e) == OK)
		check_normal(&a);
	else
		assert(codes_find(code) && e.text[0]);
	return 0;
}
