/*
 * crash - places where a test lets the process die.
 *
 * BECKON_CRASH_AT=<name>:<n> in a test build raises SIGKILL the n-th time that the point of this
 * name is reached, in any thread; <name>:<n>:stop raises SIGSTOP, for who sleeps too long. In a
 * release build a point is nothing. services/README.md holds the table of all names and of what
 * must be true after each.
 */
#ifndef BECKON_CRASH_H
#define BECKON_CRASH_H

#ifdef BECKON_TEST_BUILD
/* name: lower-case words joined by dashes, a literal. */
void crash_point(const char *name);
#else
#define crash_point(name) ((void)0)
#endif

#endif
