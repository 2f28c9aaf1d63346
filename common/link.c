#include "link.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#define HOST_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-"
#define URL_CHARS HOST_CHARS "_~!$&'()*+,;=:@/?" /* RFC 3986: pchar, "/" and "?" */
#define DIGITS "0123456789"
#define HEX_DIGITS DIGITS "abcdefABCDEF"

static size_t scheme_len(const char *url)
{
	static const char *const schemes[] = { "https://", "http://" };

	for (size_t i = 0; i < 2; i++)
		if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
			return strlen(schemes[i]);
	return 0;
}

/* A registered name, an IPv4 address or an IPv6 one in brackets; then perhaps a port. */
static bool authority_ok(const char *s, size_t n)
{
	size_t host = *s == '[' ? 1 + strspn(s + 1, HEX_DIGITS ":.") : strspn(s, HOST_CHARS);

	if (*s == '[' && s[host++] != ']')
		return false;
	if (host == 0 || host > n || (*s == '[' && host < 4))
		return false;
	if (host == n)
		return true;
	return s[host] == ':' && host + 1 + strspn(s + host + 1, DIGITS) == n && n - host <= 6;
}

static void byte_encode(struct buf *out, char c)
{
	buf_fmt(out, "%%%02X", (unsigned char)c);
}

static void part_encode(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bool encoded = s[i] == '%' && n - i > 2 && strspn(s + i + 1, HEX_DIGITS) >= 2;

		if (encoded || strchr(URL_CHARS, s[i]))
			buf_byte(out, s[i]);
		else
			byte_encode(out, s[i]);
	}
}

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

/* What a query gets more. */
struct parameter {
	const char *name, *value; /* value NULL = nothing */
};

/* base[0..head) has been written: its query gets one more parameter. */
static void parameter_add(struct buf *out, const char *base, size_t head, struct parameter p)
{
	if (!memchr(base, '?', head))
		buf_byte(out, '?');
	else if (base[head - 1] != '?' && base[head - 1] != '&')
		buf_byte(out, '&');
	buf_fmt(out, "%s=", p.name);
	part_encode(out, p.value, strlen(p.value));
}

static void url_join(struct buf *out, const char *base, size_t host_end, struct parameter p)
{
	size_t head = strcspn(base, "#"); /* where a fragment begins */

	buf_add(out, base, host_end);
	if (base[host_end] != '/')
		buf_byte(out, '/');
	part_encode(out, base + host_end, head - host_end);
	if (p.value)
		parameter_add(out, base, head, p);
	if (base[head] == '#') {
		buf_byte(out, '#');
		part_encode(out, base + head + 1, strlen(base + head + 1));
	}
}

static int build(const char *base, struct parameter p, struct buf *out, struct err *e)
{
	size_t scheme = scheme_len(base);
	size_t host = scheme ? strcspn(base + scheme, "/?#") : 0;
	autobuf url = BUF_INIT(LINK_MAX);

	if (!scheme)
		return err_set(e, ERR_INVALID, "link base: not an http or https URL");
	if (has_control(base))
		return err_set(e, ERR_INVALID, "link base: holds a control character");
	if (!authority_ok(base + scheme, host))
		return err_set(e, ERR_INVALID, "link base: not a host, or a host and a port");
	url_join(&url, base, scheme + host, p);
	if (url.full)
		return err_set(e, ERR_INVALID, "link: more than %d bytes", LINK_MAX);
	buf_add(out, url.data, url.len);
	return OK;
}

int link_build(const char *base, const char *token, struct buf *out, struct err *e)
{
	return build(base, (struct parameter){ "token", token }, out, e);
}

int link_ticket(const char *base, const char *ticket, struct buf *out, struct err *e)
{
	return build(base, (struct parameter){ "ticket", ticket }, out, e);
}

void link_mailto(const char *address, struct buf *out)
{
	buf_str(out, "mailto:");
	for (; *address; address++)
		if (strchr(HOST_CHARS "_~@", *address))
			buf_byte(out, *address);
		else
			byte_encode(out, *address);
}

bool link_host_listed(const char *host, size_t len, const json_t *list)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (list, i, entry) {
		const char *one = json_string_value(entry);
		size_t n = one ? strlen(one) : 0;
		bool below = n > 1 && one[0] == '*';

		/* "*.example.org": what ends with ".example.org" */
		one += below;
		n -= below;
		if ((below ? len > n : len == n) && n && !strncasecmp(host + len - n, one, n))
			return true;
	}
	return false;
}

static const char *host_of(const char *url, size_t *len)
{
	const char *host = url + scheme_len(url);

	*len = strcspn(host, ":/?#");
	return host;
}

bool link_may_lead(const char *base, const char *own, const json_t *list)
{
	size_t len, own_len = 0;
	const char *host = host_of(base, &len), *its = own ? host_of(own, &own_len) : NULL;

	if (!json_array_size(list) || (len == own_len && !strncasecmp(host, its, len)))
		return true;
	return link_host_listed(host, len, list);
}
