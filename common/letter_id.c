/* How a mail is named: the same on every turn. */
#include <string.h>

#include "crypto.h"
#include "letter.h"

void letter_envid(const char *delivery, char out[LETTER_ENVID_SIZE])
{
	unsigned char hash[CRYPTO_HASH_BYTES];

	_Static_assert(LETTER_ENVID_SIZE == CRYPTO_BASE32_LEN(CRYPTO_HASH_BYTES) + 1, "it fits");
	crypto_sha256(delivery, strlen(delivery), hash);
	crypto_base32(hash, sizeof(hash), out);
}

void letter_message_id(const char *delivery, const char *domain, struct buf *out)
{
	char local[LETTER_ENVID_SIZE];

	letter_envid(delivery, local);
	buf_str(out, local);
	buf_byte(out, '@');
	buf_str(out, domain);
}
