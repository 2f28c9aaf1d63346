/*
 * utf8 - stepping through UTF-8 (RFC 3629), strictly: no long forms, no surrogates.
 */
#ifndef BECKON_UTF8_H
#define BECKON_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at s, of which len >= 1 bytes are left; returns its bytes, 0 = not UTF-8.
 */
size_t utf8_next(const char *s, size_t len, uint32_t *c);

/* Writes a character that can be one (no surrogate, at most 10FFFF); returns its bytes. */
size_t utf8_encode(uint32_t c, char out[4]);

bool utf8_valid(const char *s, size_t len);

/* Code points in valid UTF-8. */
size_t utf8_count(const char *s, size_t len);

#endif
