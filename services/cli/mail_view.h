/*
 * mail_view - what a mail program would show of a message: its subject, its plain text.
 */
#ifndef BECKON_MAIL_VIEW_H
#define BECKON_MAIL_VIEW_H

#include <stddef.h>

/* Decoded, UTF-8; both are the caller's to free, "" where the message has none. */
struct mail_view {
	char *subject, *to, *text;
};

void mail_view_read(const char *message, size_t len, struct mail_view *out);
void mail_view_clear(struct mail_view *v);

#endif
