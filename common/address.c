#include "address.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "idn.h"
#include "mem.h"
#include "utf8.h"

#define LABEL_MAX 63 /* RFC 1035 2.3.4 */

struct range {
	uint32_t first, last;
};

/* What surrounds pasted addresses and is not seen: spaces, zero-width characters, marks of
   direction, the byte order mark. */
static const struct range spaces[] = {
	{ 0x00, 0x20 },	    { 0x7f, 0xa0 },	  { 0xad, 0xad },     { 0x061c, 0x061c },
	{ 0x1680, 0x1680 }, { 0x180e, 0x180e },	  { 0x2000, 0x200f }, { 0x2028, 0x202f },
	{ 0x205f, 0x2064 }, { 0x2066, 0x206f },	  { 0x3000, 0x3000 }, { 0xfeff, 0xfeff },
	{ 0xfff9, 0xfffb }, { 0xe0000, 0xe007f },
};

/* Signs of other alphabets: typing mistakes in a local part, where letters would be RFC 6531. */
static const struct range signs[] = {
	{ 0x00a0, 0x00bf }, { 0x00d7, 0x00d7 }, { 0x00f7, 0x00f7 }, { 0x02b9, 0x02df },
	{ 0x2000, 0x2bff }, { 0x2e00, 0x2e7f }, { 0x3000, 0x3004 }, { 0x3008, 0x3020 },
	{ 0xe000, 0xf8ff }, { 0xfe00, 0xfe6f }, { 0xff00, 0xff0f }, { 0xff1a, 0xff20 },
};

static bool in_ranges(const struct range *r, size_t count, uint32_t c)
{
	for (size_t i = 0; i < count; i++)
		if (c >= r[i].first && c <= r[i].last)
			return true;
	return false;
}

/* Local parts that every provider takes; quoted ones are left out on purpose. */
static bool local_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr(".!#$%&'*+/=?^_`{|}~-", c));
}

static bool label_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* A piece of the typed text. */
struct span {
	const char *s;
	size_t len;
};

/* Narrows *t to what is left without the spaces around it; false if it is no UTF-8 or has spaces
   inside. */
static bool trim(struct span *t)
{
	size_t first = t->len, end = 0, hidden = 0;
	uint32_t c;

	for (size_t i = 0, n; i < t->len; i += n) {
		n = utf8_next(t->s + i, t->len - i, &c);
		if (n == 0)
			return false;
		if (in_ranges(spaces, ARRAY_LEN(spaces), c)) {
			hidden += end > 0 ? n : 0;
			continue;
		}
		if (hidden > 0)
			return false;
		first = first < i ? first : i;
		end = i + n;
	}
	if (end == 0)
		first = 0;
	*t = (struct span){ t->s + first, end - first };
	return true;
}

enum local_kind { LOCAL_ASCII, LOCAL_INTERNATIONAL, LOCAL_BAD };

static enum local_kind local_read(struct span local)
{
	enum local_kind kind = LOCAL_ASCII;
	uint32_t c;

	if (local.len == 0 || local.s[0] == '.' || local.s[local.len - 1] == '.')
		return LOCAL_BAD;
	for (size_t i = 0, n; i < local.len; i += n) {
		n = utf8_next(local.s + i, local.len - i, &c);
		if (n == 1 ? !local_char(local.s[i]) : in_ranges(signs, ARRAY_LEN(signs), c))
			return LOCAL_BAD;
		if (n > 1)
			kind = LOCAL_INTERNATIONAL;
	}
	return kind == LOCAL_ASCII && local.len > ADDRESS_LOCAL_MAX ? LOCAL_BAD : kind;
}

/* One label of a lower-case ASCII domain. */
static bool label_valid(const char *label, size_t len)
{
	char copy[LABEL_MAX + 1];

	if (len == 0 || len > LABEL_MAX || label[0] == '-' || label[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!label_char(label[i]))
			return false;
	if (strncmp(label, "xn--", 4) != 0)
		return true;
	memcpy(copy, label, len);
	copy[len] = '\0';
	return idn_label_valid(copy);
}

/* Top-level domains are letters, or the A-label of letters: so an IPv4 address is no domain. */
static bool top_level_valid(const char *label)
{
	size_t len = strlen(label);

	if (strncmp(label, "xn--", 4) == 0)
		return true;
	for (size_t i = 0; i < len; i++)
		if (label[i] < 'a' || label[i] > 'z')
			return false;
	return len >= 2;
}

static bool domain_valid(const char *domain)
{
	const char *label = domain, *dot;

	while ((dot = strchr(label, '.'))) {
		if (!label_valid(label, (size_t)(dot - label)))
			return false;
		label = dot + 1;
	}
	return label != domain && label_valid(label, strlen(label)) && top_level_valid(label);
}

/* Writes the domain in lower case and ASCII. */
static bool domain_read(struct span typed, char out[IDN_ASCII_SIZE])
{
	char text[ADDRESS_TYPED_MAX + 1];
	bool ascii = true;

	for (size_t i = 0; i < typed.len; i++) {
		text[i] = lower(typed.s[i]);
		ascii = ascii && (unsigned char)text[i] < 0x80;
	}
	text[typed.len] = '\0';
	if (!ascii)
		return idn_to_ascii(text, out) && domain_valid(out);
	if (typed.len >= IDN_ASCII_SIZE)
		return false;
	memcpy(out, text, typed.len + 1);
	return domain_valid(out);
}

static int refuse(const char **code, const char *name, struct err *e, const char *rule)
{
	*code = name;
	return err_set(e, ERR_INVALID, "%s", rule);
}

static void address_fill(struct address *out, struct span local, const char *domain)
{
	for (size_t i = 0; i < local.len; i++)
		out->normalised[i] = lower(local.s[i]);
	out->normalised[local.len] = '@';
	memcpy(out->normalised + local.len + 1, domain, strlen(domain) + 1);
	out->local_len = local.len;
}

int address_normalise(const char *typed, struct address *out, const char **code, struct err *e)
{
	struct span all = { typed, strnlen(typed, ADDRESS_TYPED_MAX + 1) }, local, domain;
	char ascii[IDN_ASCII_SIZE];
	enum local_kind kind;
	const char *at;

	if (all.len > ADDRESS_TYPED_MAX || !trim(&all))
		return refuse(code, "email_syntax", e,
			      "an e-mail address is short and has no spaces inside");
	at = memchr(all.s, '@', all.len);
	if (!at || memmem(all.s, all.len, "..", 2))
		return refuse(code, "email_syntax", e,
			      "an e-mail address has one @ and no two dots together");
	local = (struct span){ all.s, (size_t)(at - all.s) };
	domain = (struct span){ at + 1, all.len - local.len - 1 };
	kind = local_read(local);
	if (kind == LOCAL_BAD || domain.len == 0 || memchr(domain.s, '@', domain.len))
		return refuse(
			code, "email_syntax", e,
			"before the @ stand letters, digits and .!#$%&'*+/=?^_`{|}~-, at most 64, "
			"no dot at either end; after it a domain");
	if (!domain_read(domain, ascii))
		return refuse(code, "email_domain_invalid", e,
			      "what follows the @ is no domain name");
	if (kind == LOCAL_INTERNATIONAL)
		return refuse(code, "email_smtputf8_unsupported", e,
			      "letters before the @ must be a to z: relays do not take others");
	if (local.len + 1 + strlen(ascii) > ADDRESS_MAX)
		return refuse(code, "email_syntax", e,
			      "an e-mail address has at most 254 characters");
	address_fill(out, local, ascii);
	return OK;
}

const char *address_domain(const struct address *a)
{
	return a->normalised + a->local_len + 1;
}

/* RFC 2606 and 6761. */
static const char *const reserved_tops[] = { "test", "example", "invalid", "localhost" };
static const char *const reserved_domains[] = { "example.com", "example.org", "example.net" };
static const char *const placeholders[] = { "test@gmail.com", "example@gmail.com",
					    "someone@gmail.com", "test@email.com",
					    "user@domain.com" };
static const char *const typos[] = {
	"gamil.com",   "gmial.com",  "gmai.com",    "gmal.com",	   "gmil.com",	 "gmali.com",
	"gnail.com",   "gmail.co",   "gmail.con",   "gmail.cm",	   "gmaill.com", "gmail.ru",
	"hotnail.com", "hotmai.com", "hotmial.com", "hotmail.con", "homail.com", "yaho.com",
	"yahooo.com",  "yhaoo.com",  "yahoo.con",   "outlok.com",  "outloo.com", "outlook.con",
	"iclould.com", "icloud.con", "yandex.tu",   "yadnex.ru",   "yandx.ru",	 "mail.tu",
	"maill.ru",    "mial.ru",
};

static bool listed(const char *const *list, size_t count, const char *s)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], s) == 0)
			return true;
	return false;
}

/* Is name, or the name above it, in the list? So sub.example.com is found by example.com. */
static bool listed_above(const char *const *list, size_t count, const char *name)
{
	for (; name; name = strchr(name, '.') ? strchr(name, '.') + 1 : NULL)
		if (listed(list, count, name))
			return true;
	return false;
}

enum address_doubt address_reserved(const struct address *a)
{
	const char *domain = address_domain(a);

	if (listed_above(reserved_domains, ARRAY_LEN(reserved_domains), domain) ||
	    listed(reserved_tops, ARRAY_LEN(reserved_tops), strrchr(domain, '.') + 1) ||
	    listed(placeholders, ARRAY_LEN(placeholders), a->normalised))
		return ADDRESS_RESERVED;
	return listed(typos, ARRAY_LEN(typos), domain) ? ADDRESS_TYPO : ADDRESS_PLAIN;
}

const char *address_mask(const struct address *a, char out[ADDRESS_MASK_SIZE])
{
	const char *domain = address_domain(a);

	snprintf(out, ADDRESS_MASK_SIZE, "%c***@%c***%s", a->normalised[0], domain[0],
		 strrchr(domain, '.'));
	return out;
}
