#include "smtp_letter.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <libesmtp.h>

#include "now.h"
#include "smtp_connect.h"
#include "smtp_text.h"
#include "smtp_wire.h"

const char *letter_fault(const struct mail *mail)
{
	if (!wire_address_ok(mail->to, false))
		return "email_syntax";
	if (!wire_address_ok(mail->from, true))
		return "sender_not_allowed";
	return wire_message_ok(mail->bytes, mail->len) ? NULL : "render_failed";
}

/* All must have left but what libesmtp holds back for the dot, and the relay must still be there
   to answer. A block that took as long as a time-out may have lost bytes: libesmtp drops what it
   cannot write, and goes on. */
static bool may_end(const struct letter *l)
{
	bool slow = l->block_ms && now_mono_ms() - l->block_ms >= l->data_timeout_ms;

	return !slow && !smtp_connect_lost() && l->feed->dot(l->feed->ctx, l->mail);
}

static size_t block_fill(struct letter *l)
{
	size_t n = l->mail->len - l->read;

	if (n > LETTER_BLOCK_BYTES)
		n = LETTER_BLOCK_BYTES;
	memcpy(l->block, l->mail->bytes + l->read, n);
	l->read += n;
	l->block_ms = now_mono_ms();
	return n;
}

/* The source of a message (smtp_messagecb_t); len NULL = from the beginning. At the end libesmtp
   has written all but at most one buffer, and the dot or BDAT LAST is next: it is kept back by
   ending the connection. errno other than 0 would mean that reading failed. */
static const char *on_read(void **context, int *len, void *arg)
{
	struct letter *l = arg;

	(void)context;
	if (!len) {
		l->read = 0;
		return NULL;
	}
	*len = 0;
	if (l->mail && !l->withheld && l->read < l->mail->len)
		*len = (int)block_fill(l);
	else if (l->mail && !l->withheld && !l->dot)
		l->withheld = !(l->dot = may_end(l));
	if (l->withheld)
		smtp_connect_cut();
	errno = 0;
	return l->block;
}

/* RFC 3461: tell of failure and delay, with headers only. */
static void notices_add(const struct letter *l)
{
	if (l->mail->envid && wire_xtext_ok(l->mail->envid))
		smtp_dsn_set_envid(l->message, l->mail->envid);
	smtp_dsn_set_ret(l->message, Ret_HDRS);
	smtp_dsn_set_notify(l->recipient, Notify_FAILURE | Notify_DELAY);
	if (wire_xtext_ok(l->mail->to))
		smtp_dsn_set_orcpt(l->recipient, "rfc822", l->mail->to);
}

void letter_add(struct letter *l, struct smtp_session *session)
{
	l->handed_ms = now_mono_ms();
	l->message = smtp_add_message(session);
	smtp_set_reverse_path(l->message, l->mail->from);
	smtp_set_messagecb(l->message, on_read, l);
	smtp_size_set_estimate(l->message, l->mail->len);
	l->recipient = smtp_add_recipient(l->message, l->mail->to);
	notices_add(l);
}

static void capture(struct reply *r, const smtp_status_t *status)
{
	char triple[3 * sizeof(status->enh_class) * 4] = "";

	if (status->enh_class > 0 && status->enh_class == status->code / 100)
		snprintf(triple, sizeof(triple), "%d.%d.%d", status->enh_class, status->enh_subject,
			 status->enh_detail);
	smtp_text_reply(r, status->code, triple, status->text);
}

void letter_trace(const struct letter *l, struct smtp_trace *t)
{
	capture(&t->mail, smtp_reverse_path_status(l->message));
	capture(&t->rcpt, smtp_recipient_status(l->recipient));
	capture(&t->data, smtp_message_transfer_status(l->message));
	t->complete = smtp_recipient_check_complete(l->recipient) != 0;
	t->dot = l->dot;
}
