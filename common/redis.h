/*
 * redis - one connection, pipelines of scripts, and honest failure.
 *
 * The only includer of hiredis. A context that failed once is dead: every call says ERR_AGAIN until
 * redis_connect has made a new one (AUTH with ACL user, SELECT, CLIENT SETNAME, time-outs, scripts
 * loaded, PING answered: a connect alone proves nothing). A command that timed out may have been
 * executed, so every script here is idempotent. NOSCRIPT is cured by loading and asking again.
 * Not thread-safe: one owner. The process ignores SIGPIPE. Looking up a host's name is not bounded
 * by timeout_ms.
 */
#ifndef BECKON_REDIS_H
#define BECKON_REDIS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "err.h"

struct redis;
struct redis_reply; /* borrowed; lives until the next redis_run or redis_connect */

/* A script of ours. sha1 is what Redis answered when it was loaded by redis_connect. */
struct redis_script {
	const char *name, *source;
	char sha1[41];
};

struct redis_options {
	const char *url; /* redis://[user@]host:port[/db] | unix:///path.sock[?db=N] | rediss://
			    where built in | sentinel://host:port,host:port/NAME: the primary is
			    asked for at each connect */
	const char *password; /* from a file; NULL = none */
	const char *name;     /* CLIENT SETNAME */
	int timeout_ms;	      /* connect and command; 500 */
};

/* Checks the URL; does not connect. scripts is borrowed and must outlive the connection. */
int redis_new(struct redis **out, const struct redis_options *o, struct redis_script *scripts,
	      size_t nscripts, struct err *e);
void redis_free(struct redis *r);

/* Another password, used from the next connection on; NULL = none. Copied. */
void redis_password(struct redis *r, const char *password);

int redis_connect(struct redis *r, struct err *e); /* ERR_AGAIN; drops an old context first */
bool redis_connected(const struct redis *r);
/* How long this connection waits for an answer from now on; 0 = as was agreed. */
void redis_patience(struct redis *r, int ms);
/* Another primary may take its place, which lacks what was not copied yet: behind Sentinels. */
bool redis_fails_over(const struct redis *r);
const char *redis_run_id(const struct redis *r); /* 40 hex digits, read once per connection */

/* Appends one call to the pipeline; args are copied by hiredis. Script calls have no KEYS: every
   key is built in the script from the prefix, which Redis Cluster would not allow and a primary
   does. */
void redis_add_script(struct redis *r, struct redis_script *s, int argc, const char **argv,
		      const size_t *len);
void redis_add(struct redis *r, int argc, const char **argv, const size_t *len);

/* What is added from here to the next send or run is one transaction, however large it is; the last
   reply then holds all its replies. Without it, commands of more than 16 KiB travel as transactions
   of 256 KiB, which nobody notices: Redis would wait for the disk with every 16 KiB that it reads.
   */
void redis_add_multi(struct redis *r);
/* It ends here, and other commands may follow it; false = none had begun. */
bool redis_end_multi(struct redis *r);
/* What was added and not sent is not to be sent. */
void redis_forget(struct redis *r);

/* The same with words that were written ahead, as a call with hundreds of them is put together:
   head's strings come before them. */
struct redis_words {
	const struct buf *bytes; /* filled by redis_word alone */
	size_t n;
};
void redis_word(struct buf *out, const char *bytes, size_t len);
void redis_add_words(struct redis *r, const char *const head[], size_t nhead,
		     struct redis_words more);
void redis_add_script_words(struct redis *r, struct redis_script *s, const char *const head[],
			    size_t nhead, struct redis_words more);

/* Sends all and reads every reply. Replies are then asked for by their order of adding. ERR_AGAIN:
   nothing is known, the context is dead. An error reply of one command is not a failure of run. */
int redis_run(struct redis *r, struct err *e);
/* The same in two steps, between which Redis works and nothing else is asked of r but redis_add. */
void redis_send(struct redis *r);
int redis_hear(struct redis *r, struct err *e);
bool redis_under_way(const struct redis *r);
/* Of what is under way: is all of the answer there, so that redis_hear will not wait? Of a pipeline
   of hundreds of kilobytes, its beginning. */
bool redis_answered(struct redis *r);
/* Has every command been done, those of a transaction too? ERR_AGAIN with what Redis says of the
 * first that was not. */
int redis_check(const struct redis *r, struct err *e);
size_t redis_replies(const struct redis *r);
const struct redis_reply *redis_reply(const struct redis *r, size_t i);

enum redis_type { REDIS_NIL, REDIS_STRING, REDIS_INT, REDIS_ARRAY, REDIS_ERROR };
enum redis_type redis_type(const struct redis_reply *v);
int64_t redis_int(const struct redis_reply *v); /* an integer, or a string that is one; else 0 */
const char *redis_str(const struct redis_reply *v,
		      size_t *len);	       /* "" when nil; NUL-terminated; len may be NULL */
size_t redis_len(const struct redis_reply *v); /* elements of an array */
const struct redis_reply *redis_at(const struct redis_reply *v,
				   size_t i); /* a nil reply when out of range */

#endif
