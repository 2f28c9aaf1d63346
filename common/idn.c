#include "idn.h"

#include <idn2.h>
#include <stdint.h>
#include <string.h>

bool idn_to_ascii(const char *domain, char out[IDN_ASCII_SIZE])
{
	uint8_t *found = NULL;
	bool fits;

	if (idn2_lookup_u8((const uint8_t *)domain, &found,
			   IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return false;
	fits = strlen((char *)found) < IDN_ASCII_SIZE;
	if (fits)
		memcpy(out, found, strlen((char *)found) + 1);
	idn2_free(found);
	return fits;
}

/* An A-label is valid if it is what its own U-label becomes (RFC 5890 2.3.2.1). */
bool idn_label_valid(const char *label)
{
	char *unicode = NULL, back[IDN_ASCII_SIZE];
	bool same;

	if (idn2_to_unicode_8z8z(label, &unicode, 0) != IDN2_OK)
		return false;
	same = strcmp(unicode, label) != 0 && idn_to_ascii(unicode, back) &&
	       strcmp(back, label) == 0;
	idn2_free(unicode);
	return same;
}
