/*
 * watchdog - a process that hangs dies, and leaves no memory behind.
 *
 * The loop feeds it every turn; when it starves, SIGALRM ends the process after one line on
 * standard error, and the supervisor starts it again. Nothing else in the process may use alarm().
 */
#ifndef BECKON_WATCHDOG_H
#define BECKON_WATCHDOG_H

/* Installs the handler; nothing is armed before the first feed. */
void watchdog_open(void);

/* The process lives for so many seconds more; 0 = without end. */
void watchdog_feed(unsigned seconds);

/* No core dumps, since memory holds addresses, tokens and passwords; outside test builds no
   debugger of the same user either. */
void watchdog_no_core(void);

#endif
