/*
 * idn - host names with letters of the world to the ASCII form of DNS.
 *
 * The only module that knows libidn2. IDNA 2008 with UTS 46 non-transitional mapping.
 */
#ifndef BECKON_IDN_H
#define BECKON_IDN_H

#include <stdbool.h>

#define IDN_ASCII_SIZE 254 /* RFC 1035 2.3.4: 253 characters and the NUL */

/* Writes the A-label form of domain (UTF-8), lower case. False = there is none. */
bool idn_to_ascii(const char *domain, char out[IDN_ASCII_SIZE]);

/* Is this lower-case label, which begins with xn--, the A-label of anything? */
bool idn_label_valid(const char *label);

#endif
