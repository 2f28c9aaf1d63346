/*
 * supervisor - programs of ours that run beside us, started again when they die, gone when we are.
 *
 * What a child writes goes to <log dir>/<name>.log and, line by line, to whoever asked. A child
 * that dies is started again after a pause that doubles; one that ends with CLI_CONFIG is not,
 * since it would only end again. Children have a process group of their own, so that Ctrl-C reaches
 * them through us, and are told to end by the kernel when we die. One thread; nothing blocks.
 */
#ifndef BECKON_SUPERVISOR_H
#define BECKON_SUPERVISOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define SUPERVISOR_CHILDREN_MAX 8
#define SUPERVISOR_LINE_MAX 4096
#define SUPERVISOR_PAUSE_MIN_MS 250
#define SUPERVISOR_PAUSE_MAX_MS 10000
#define SUPERVISOR_STEADY_MS                                                                       \
	30000 /* who has lived so long begins again with the shortest pause                        \
	       */

struct supervisor;

struct supervisor_events {
	/* A line that a child has written, without its end; cut to SUPERVISOR_LINE_MAX. */
	void (*line)(void *ctx, size_t child, const char *line);
	/* It has ended with this wait status; restart_ms = the pause before it is started again, -1
	 * = it is not. */
	void (*ended)(void *ctx, size_t child, int status, int64_t restart_ms);
	void *ctx;
};

int supervisor_new(struct supervisor **out, const char *log_dir,
		   const struct supervisor_events *events, struct err *e);

/* Starts a program; argv[0] is its path, or a name that is looked for in PATH; argv is copied.
 *child (may be NULL) is its number: 0, 1, ... ERR_FATAL: it cannot be started. */
int supervisor_start(struct supervisor *s, const char *name, const char *const *argv, size_t *child,
		     struct err *e);

/* Readable when supervisor_work has something to do. Belongs to the supervisor. */
int supervisor_fd(const struct supervisor *s);

/* Reads what children say, notices who has ended, starts who is due. Returns in how many ms it is
   next needed at the latest; -1 = only when its descriptor says so. */
int64_t supervisor_work(struct supervisor *s, int64_t now_ms);

/* Children from this number on get the signal and are not started again. */
void supervisor_end(struct supervisor *s, size_t from, int signal);
size_t supervisor_running(const struct supervisor *s, size_t from);

/* Kills what still runs. */
void supervisor_free(struct supervisor *s);

#endif
