#include "redis_tls.h"

#ifdef BECKON_HIREDIS_SSL

#include <stdbool.h>

#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

int redis_tls_supported(struct err *e)
{
	(void)e;
	return OK;
}

/* An address has to stand in the certificate as an address, a name as a name. */
static bool expect_peer(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *p = SSL_get0_param(ssl);

	if (X509_VERIFY_PARAM_set1_ip_asc(p, host) == 1)
		return true;
	return X509_VERIFY_PARAM_set1_host(p, host, 0) == 1 &&
	       SSL_set_tlsext_host_name(ssl, host) == 1;
}

static SSL *session_new(const char *host)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl = NULL;

	if (!ctx)
		return NULL;
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set_default_verify_paths(ctx) == 1)
		ssl = SSL_new(ctx);
	SSL_CTX_free(ctx); /* the session keeps its own reference */
	if (ssl && !expect_peer(ssl, host)) {
		SSL_free(ssl);
		return NULL;
	}
	return ssl;
}

int redis_tls_start(struct redisContext *c, const char *host, struct err *e)
{
	SSL *ssl = session_new(host);

	if (!ssl)
		return err_set(e, ERR_AGAIN, "redis: TLS could not be set up");
	if (redisInitiateSSL(c, ssl) == REDIS_OK)
		return OK;
	SSL_free(ssl); /* hiredis owns it only once it has shaken hands */
	return err_set(e, ERR_AGAIN, "redis: TLS refused: %s", c->errstr);
}

#else

int redis_tls_supported(struct err *e)
{
	return err_set(e, ERR_INVALID,
		       "Redis URL: rediss:// needs a hiredis built with TLS, which this build has "
		       "not; use a Unix "
		       "socket or a tunnel");
}

int redis_tls_start(struct redisContext *c, const char *host, struct err *e)
{
	(void)c;
	(void)host;
	return redis_tls_supported(e);
}

#endif
