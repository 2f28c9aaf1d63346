/*
 * journal - what was in flight, readable after kill -9.
 *
 * A memory-mapped file of fixed entries in state_dir, one per claimed delivery. A store into the
 * page cache survives the death of the process (not of the machine). The file's random id is the
 * name of the holder of claims: whoever holds the file, locked, is that holder, and its incarnation
 * number grows with every start. At start the entries left behind tell how far each delivery had
 * got: no final dot begun means it may be sent as if new, a dot without a reply is in doubt, a
 * reply is a result that only has to be settled.
 *
 * A file of another boot of the machine proves nothing (its last stores may not have reached the
 * disk) and begins anew: another holder. Left-behind entries that nobody asked for in 24 h are
 * dropped where there are more of them than `capacity`. The text of a reply may hold an address: it
 * is wiped with its entry, and the file is readable by its owner alone.
 */
#ifndef BECKON_JOURNAL_H
#define BECKON_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "transport.h"

#define JOURNAL_ROUTE_SIZE 40

struct journal;

enum journal_stage {
	JOURNAL_FREE,
	JOURNAL_CLAIMED, /* nothing of the message body has left */
	JOURNAL_DOT,	 /* the final dot may have left */
	JOURNAL_REPLIED, /* the relay has answered: result holds it */
};

struct journal_entry {
	enum journal_stage stage;
	int64_t turn;
	char delivery[192];
	char route[JOURNAL_ROUTE_SIZE]; /* by which it was sent; "" = not known */
	struct mail_result result; /* JOURNAL_REPLIED; code points to static storage, NULL where it
				      is no code any more */
};

/* Creates or opens <state_dir>/<name>.journal with entries for `capacity` deliveries beside those
   left behind, and locks it: ERR_FATAL where another process holds it, the directory cannot be
   written, or the file is damaged, of another version or no journal (it is then left as it is).
   After crypto_init. */
int journal_open(struct journal **out, const char *state_dir, const char *name, size_t capacity,
		 struct err *e);
void journal_close(struct journal *j);

const char *journal_id(const struct journal *j);      /* 22 characters */
int64_t journal_incarnation(const struct journal *j); /* max(start time in ms, last + 1) */

/* Loop thread. Returns the entry's number, or -1 when all are taken. */
int journal_take(struct journal *j, const char *delivery, int64_t turn);

/* Where claimed_turn is over the turn that was taken (CLAIM_TAKEN_OVER, now or before): before the
   dot, else nobody finds the entry. */
void journal_raise(struct journal *j, int entry, int64_t turn);

/* By which relay or provider it is about to be sent; before the dot. */
void journal_route(struct journal *j, int entry, const char *route);

void journal_free_entry(struct journal *j, int entry); /* after the settle; entry -1 does nothing */

/* Any thread, for an entry it works on. */
void journal_dot(struct journal *j, int entry);
void journal_reply(struct journal *j, int entry, const struct mail_result *result);

/* What an earlier incarnation left behind of this delivery and turn, JOURNAL_DOT or
   JOURNAL_REPLIED; NULL = nothing: then it had been claimed only (its entry is written before the
   claim is asked for). Lives until the next journal_forget. Loop thread. */
const struct journal_entry *journal_former(const struct journal *j, const char *delivery,
					   int64_t turn);
void journal_forget(struct journal *j, const char *delivery, int64_t turn); /* after its settle */
size_t journal_former_count(const struct journal *j);

#endif
