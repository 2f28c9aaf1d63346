#include "smtp_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <arpa/inet.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <libesmtp.h>

#include "mem.h"

/* A directory that is never there: libesmtp finds no client certificate below it. */
#define NO_CONFIG_DIR "/nonexistent"

struct smtp_tls {
	SSL_CTX *ctx;
	char *host; /* the name for SNI; NULL for an address */
};

/* libesmtp frees the connection before anybody can ask it: the reason is kept for the thread. */
static _Thread_local const char *reason;

void smtp_tls_reset(void)
{
	ERR_clear_error(); /* a stale error would fail the next read */
	reason = NULL;
}

const char *smtp_tls_reason(void)
{
	return reason;
}

static bool is_address(const char *host)
{
	struct in6_addr any;

	return inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1;
}

static void note_failure(const SSL *ssl)
{
	long verdict = SSL_get_verify_result(ssl);
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	if (verdict != X509_V_OK)
		text = X509_verify_cert_error_string(verdict);
	reason = text ? text : "connection closed in the handshake";
}

/* Called by OpenSSL at each step of a handshake: the one place where the SSL can be reached
   before the first byte leaves. */
static void step(const SSL *ssl, int where, int ret)
{
	const struct smtp_tls *tls = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	if ((where & SSL_CB_HANDSHAKE_START) && tls->host)
		SSL_set_tlsext_host_name((SSL *)ssl, tls->host);
	if (where == SSL_CB_CONNECT_EXIT && ret <= 0)
		note_failure(ssl);
}

static bool verify_peer(SSL_CTX *ctx, const char *host)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);

	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (is_address(host))
		return X509_VERIFY_PARAM_set1_ip_asc(param, host);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return X509_VERIFY_PARAM_set1_host(param, host, 0);
}

static int context_fill(struct smtp_tls *tls, const char *host, const char *ca_file, bool verify,
			struct err *e)
{
	SSL_CTX *ctx = tls->ctx;

	if (!SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) ||
	    !SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION))
		return err_set(e, ERR_FATAL, "TLS: version 1.2 cannot be had");
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_app_data(ctx, tls);
	SSL_CTX_set_info_callback(ctx, step);
	if (!verify)
		return OK;
	if (!verify_peer(ctx, host))
		return err_set(e, ERR_FATAL, "TLS: '%s' cannot be the name of a certificate", host);
	if (ca_file && !SSL_CTX_load_verify_file(ctx, ca_file))
		return err_set(e, ERR_FATAL, "TLS: no certificates in '%s'", ca_file);
	if (!ca_file && !SSL_CTX_set_default_verify_paths(ctx))
		return err_set(e, ERR_FATAL, "TLS: no certificates in the system's store");
	return OK;
}

static void hide_client_certificates(void)
{
	const char *dir = getenv("XDG_CONFIG_DIR");

	if (!dir || strcmp(dir, NO_CONFIG_DIR) != 0)
		setenv("XDG_CONFIG_DIR", NO_CONFIG_DIR, 1);
}

int smtp_tls_new(struct smtp_tls **out, const char *host, const char *ca_file, bool verify,
		 struct err *e)
{
	struct smtp_tls *tls = xcalloc(1, sizeof(*tls));
	int r;

	hide_client_certificates();
	tls->ctx = SSL_CTX_new(TLS_client_method());
	tls->host = is_address(host) ? NULL : xstrdup(host);
	r = tls->ctx ? context_fill(tls, host, ca_file, verify, e)
		     : err_set(e, ERR_FATAL, "TLS: OpenSSL cannot be used");
	ERR_clear_error();
	if (r != OK) {
		smtp_tls_free(tls);
		return r;
	}
	*out = tls;
	return OK;
}

void smtp_tls_free(struct smtp_tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->ctx);
	free(tls->host);
	free(tls);
}

bool smtp_tls_use(const struct smtp_tls *tls, struct smtp_session *session, bool required)
{
	return smtp_starttls_set_ctx(session, tls->ctx) &&
	       smtp_starttls_enable(session, required ? Starttls_REQUIRED : Starttls_ENABLED);
}

void smtp_tls_quit(void *ssl)
{
	SSL_write(ssl, "QUIT\r\n", 6);
}
