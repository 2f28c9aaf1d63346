/*
 * form - is this string what it claims to be? Pure predicates on bounded UTF-8 strings.
 *
 * len is in bytes and always given, since a JSON string may hold NUL. Strings are valid UTF-8: a
 * JSON parser or utf8_valid has said so.
 */
#ifndef BECKON_FORM_H
#define BECKON_FORM_H

#include <stdbool.h>
#include <stddef.h>

#define FORM_URL_MAX 1024
#define FORM_LOCALE_MAX 35 /* RFC 5646 4.4.1 */
#define FORM_ZONE_MAX 64
#define FORM_HOST_MAX 253 /* RFC 1035 2.3.4, as text */

/* No control character (C0, DEL, C1) and no line or paragraph separator (U+2028, U+2029). */
bool form_line(const char *s, size_t len);

/* As form_line, but newline and tab are allowed. */
bool form_text(const char *s, size_t len);

/* [A-Za-z_][A-Za-z0-9_-]{0,63}: safe to repeat in an error text or a pointer. */
bool form_name(const char *s, size_t len);

/* [a-z0-9_]{1,64}. */
bool form_word(const char *s, size_t len);

/* A well-formed language tag (RFC 5646 2.1, without grandfathered ones). */
bool form_locale(const char *s, size_t len);

/* An IANA time zone that this machine's zoneinfo has; by form alone where it has none at all. */
bool form_zone(const char *s, size_t len);

/* Absolute http or https URL in RFC 3986 characters, a plain host, perhaps a port; no user part.
   What passes is a base that link.h takes. */
bool form_url(const char *s, size_t len);

/* A host's name, as URLs have it; "*." before one stands for all that are below it. */
bool form_host(const char *s, size_t len);

/* URI reference (RFC 3986 4.1) by its characters and percent-encoding. */
bool form_uri_reference(const char *s, size_t len);

/* Base64 with padding (RFC 4648 4), at least one group. */
bool form_base64(const char *s, size_t len);

#endif
