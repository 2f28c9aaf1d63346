/*
 * receipt_keys - the certificates with which AWS SNS signs, fetched where its messages say.
 *
 * A message names its certificate itself, so nothing is asked but what can only be SNS': https, the
 * host of the topic's own region, a name of one form. Certificates and names of that host are
 * verified, nothing is redirected, no private address is connected to, an answer is bounded. One
 * fetch is under way at a time, so that strangers can neither hold the threads nor have us ask
 * often; who needs another certificate meanwhile is to come back. A certificate is kept for a day,
 * one that could not be had is asked for again after a while. Any thread.
 */
#ifndef BECKON_RECEIPT_KEYS_H
#define BECKON_RECEIPT_KEYS_H

#include <stdbool.h>

#include "crypto_peer.h"

#define RECEIPT_KEYS_MAX 16 /* certificates that are known, or known not to be had */

struct receipt_keys;

struct receipt_keys *receipt_keys_open(void);
void receipt_keys_close(struct receipt_keys *k); /* takes NULL */

/* Can the certificates of this topic ("arn:aws:sns:eu-west-1:123456789012:name") be fetched? Pure.
 */
bool receipt_keys_topic_ok(const char *topic);

/* Is that where SNS keeps the certificates of this topic? Pure. */
bool receipt_keys_url_ok(const char *topic, const char *url);

struct receipt_signature {
	const char *url;     /* of the certificate: receipt_keys_url_ok */
	const char *proxy;   /* URL; NULL = none */
	const char *ca_file; /* trusted instead of the system's; NULL = the system's */
	enum crypto_digest digest;
	struct crypto_bytes text, signature;
};

/* OK: it was made with the key of that certificate. ERR_INVALID: it was not, or there is no such
   certificate. ERR_AGAIN: that cannot be told now. May take some seconds. */
int receipt_keys_signed(struct receipt_keys *k, const struct receipt_signature *s, struct err *e);

#endif
