#include "smtp_letter.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <libesmtp.h>

#include "buf.h"
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

/* The relay must still be there to answer, and every byte must have got through: libesmtp drops
   what it cannot write in time and goes on, so a body that took as long as a time-out may have a
   hole. Then the feed has the word. */
static bool may_end(const struct letter *l)
{
	return now_mono_ms() - l->read_ms < l->data_timeout_ms && !smtp_connect_lost() &&
	       l->feed->dot(l->feed->ctx, l->mail);
}

/* The source of a message (smtp_messagecb_t); len NULL = from the beginning. All bytes are given at
   once. When libesmtp asks for more it has written all but at most one buffer of them, and the dot
   is next: it is kept back by ending the connection. */
static const char *on_read(void **context, int *len, void *arg)
{
	struct letter *l = arg;

	(void)context;
	if (!len)
		return NULL;
	*len = 0;
	if (!l->mail)
		return NULL;
	if (!l->read_ms) {
		l->read_ms = now_mono_ms();
		*len = (int)l->mail->len;
		smtp_connect_more(true);
	} else if (!l->dot && !l->withheld) {
		l->dot = may_end(l);
		l->withheld = !l->dot;
		smtp_connect_more(false);
	}
	if (l->withheld)
		smtp_connect_cut();
	errno = 0; /* anything else would say that reading failed */
	return l->mail->bytes;
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
	char triple[3 * INT_TEXT_SIZE] = "", *to = triple;

	if (status->enh_class > 0 && status->enh_class == status->code / 100) {
		to += int_text(to, status->enh_class);
		*to++ = '.';
		to += int_text(to, status->enh_subject);
		*to++ = '.';
		int_text(to, status->enh_detail);
	}
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
