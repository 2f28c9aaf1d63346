/* One request's options, and what needs no wire. */
#include "curl_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "inet.h"
#include "mem.h"

#define CONNECTION_IDLE_S 20 /* an older one may be closed at the other end without our knowing */
#define RECEIVE_BYTES 1024   /* a request: hundreds are under way, and their answers are short */
#define UPLOAD_BYTES 16384   /* likewise, over TLS; the least that libcurl takes */

curl_socket_t curl_open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct transfer *t = ctx;

	(void)purpose;
	if (!t->o->private_ok && !t->o->proxy && !inet_is_public(&a->addr)) {
		t->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

void curl_set_up(CURL *easy, const struct curl_options *o)
{
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, o->plain_ok ? "http,https" : "https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	/* or the first requests make a connection each before one says that it takes many */
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_PROXY, o->proxy ? o->proxy : "");
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "beckon/" BECKON_VERSION);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
	curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BYTES);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)CONNECTION_IDLE_S);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)o->connect_timeout_ms);
	if (o->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, o->ca_file);
}

static void set_auth(struct transfer *t)
{
	static const long kinds[] = {
		[CURL_AUTH_BASIC] = (long)CURLAUTH_BASIC, [CURL_AUTH_AWS] = (long)CURLAUTH_AWS_SIGV4
	};
	const struct curl_request *r = &t->request;

	if (r->auth == CURL_AUTH_NONE)
		return;
	if (r->auth == CURL_AUTH_AWS)
		curl_easy_setopt(t->easy, CURLOPT_AWS_SIGV4, r->aws);
	else
		curl_easy_setopt(t->easy, CURLOPT_HTTPAUTH, kinds[r->auth]);
	curl_easy_setopt(t->easy, CURLOPT_USERNAME, r->user);
	curl_easy_setopt(t->easy, CURLOPT_PASSWORD, r->secret);
}

void curl_set_request(struct transfer *t)
{
	const struct curl_request *r = &t->request;

	/* Nothing but what is sent: AWS' signature is made of all that stand here, of those that
	   are to be left out as well. */
	t->headers = NULL;
	for (size_t i = 0; i < r->nheaders; i++)
		t->headers = curl_slist_append(t->headers, r->headers[i]);
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	curl_easy_setopt(t->easy, CURLOPT_URL, r->url);
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)r->timeout_ms);
	if (!strcmp(r->method, "POST")) {
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE, (long)r->body_len);
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, r->body ? r->body : "");
	} else {
		curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
	}
	set_auth(t);
}

const char *curl_fault(CURLcode code)
{
	static const struct {
		CURLcode code;
		const char *fault;
	} faults[] = {
		{ CURLE_COULDNT_RESOLVE_HOST, "dns_temporary" },
		{ CURLE_COULDNT_RESOLVE_PROXY, "dns_temporary" },
		{ CURLE_SSL_CONNECT_ERROR, "tls_failed" },
		{ CURLE_PEER_FAILED_VERIFICATION, "tls_failed" },
		{ CURLE_SSL_CACERT_BADFILE, "tls_failed" },
		{ CURLE_SSL_CERTPROBLEM, "tls_failed" },
		{ CURLE_SSL_CIPHER, "tls_failed" },
		{ CURLE_SSL_ISSUER_ERROR, "tls_failed" },
		{ CURLE_SSL_INVALIDCERTSTATUS, "tls_failed" },
	};

	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		if (faults[i].code == code)
			return faults[i].fault;
	return "connect_failed";
}

int curl_probe(const struct curl_options *o, const char *url, struct err *e)
{
	struct transfer t = { .o = o };
	CURL *easy = curl_easy_init();
	CURLcode code;

	if (!easy)
		abort();
	curl_set_up(easy, o);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, curl_open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &t);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)o->connect_timeout_ms);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
	code = curl_easy_perform(easy);
	curl_easy_cleanup(easy);
	if (code == CURLE_OK)
		return OK;
	return err_set(e, ERR_AGAIN, "%s",
		       t.refused ? "an address that is not public" : curl_easy_strerror(code));
}

void curl_percent(const char *text, struct buf *out)
{
	static const char hex[] = "0123456789ABCDEF";
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";

	for (const char *s = text; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (strchr(plain, c)) {
			buf_byte(out, *s);
			continue;
		}
		buf_byte(out, '%');
		buf_byte(out, hex[c >> 4]);
		buf_byte(out, hex[c & 15]);
	}
}
