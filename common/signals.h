/*
 * signals - the signals a service answers to, as a descriptor for its loop.
 *
 * SIGTERM and SIGINT mean stop, SIGHUP means read the secrets again, SIGPIPE is ignored. A second
 * SIGTERM or SIGINT ends the process at once with exit code 1, even where the loop hangs.
 */
#ifndef BECKON_SIGNALS_H
#define BECKON_SIGNALS_H

#include "err.h"

enum signals_event { SIGNALS_NONE, SIGNALS_STOP, SIGNALS_RELOAD };

/* Blocks the signals in the calling thread and makes the descriptor, non-blocking and closed on
   exec. Call it before any thread exists: threads inherit the mask, and so do children, which must
   clear it. The caller closes *fd. ERR_FATAL: no descriptor is left. */
int signals_open(int *fd, struct err *e);

/* The next signal that has come; SIGNALS_NONE = no more. */
enum signals_event signals_read(int fd);

#endif
