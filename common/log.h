/*
 * log - one structured line per fact, to standard error.
 *
 * The text of a call is logfmt: ev=sent id=... send_ms=12. With format "json" the same pairs are
 * written as one JSON object. Values with spaces are written quoted, ="%s"; whatever a text from
 * outside holds, it stays within its quotes: a quote in it becomes an apostrophe, control
 * characters, separators of lines and bytes that are no UTF-8 become spaces. Ids only: never
 * addresses, names, bodies or tokens.
 * error = someone must act; warn = we coped; info = outcomes and life cycle; debug.
 * Library modules do not log; what a library of others says goes through here (kafka.c).
 */
#ifndef BECKON_LOG_H
#define BECKON_LOG_H

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Called once at start: service name on every line, the least urgent level written. */
void log_setup(const char *service, enum log_level level, bool json);

void log_line(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...) log_line(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
