/* Mails that tell what became of another: RFC 3464 (delivery status), RFC 5965 (complaints). */
#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "mem.h"
#include "receipt_priv.h"

#define NESTED_MAX 64 /* parts that may hold others: the parser calls itself */
#define FIELD_SIZE 1024

/* What is of use of a mail's parts. */
struct mail_parts {
	char *status, *complaint; /* fields of the machine's part; NULL = there is none */
	char message_id[256];	  /* of the mail that it is about; "" = not told */
};

/* ---- fields (RFC 5322 2.2), unfolded ---- */

/* The value of a field in the group that begins at text; "" = it is not there. A group ends at an
   empty line. */
static const char *find_field(const char *text, const char *name, char out[FIELD_SIZE])
{
	size_t len = strlen(name), n = 0;
	bool ours = false;

	out[0] = '\0';
	for (const char *line = text; *line && !strchr("\r\n", *line);) {
		size_t end = strcspn(line, "\r\n");
		const char *value = line;

		if (*line != ' ' && *line != '\t') {
			if (ours)
				break;
			ours = !strncasecmp(line, name, len) && line[len] == ':';
			value = line + len + 1;
		}
		while (ours && value < line + end && n < FIELD_SIZE - 1)
			out[n++] = *value++;
		line += end;
		line += *line == '\r';
		line += *line == '\n';
	}
	out[n] = '\0';
	return out + strspn(out, " \t");
}

/* The next group; NULL = there is none. */
static const char *next_group(const char *text)
{
	const char *empty;

	text += strspn(text, "\r\n");
	empty = strstr(text, "\n\n");
	if (!empty)
		empty = strstr(text, "\n\r\n");
	if (!empty)
		return NULL;
	empty += strspn(empty, "\r\n");
	return *empty ? empty : NULL;
}

/* ---- parts ---- */

static char *text_of(GMimePart *part)
{
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GMimeStream *stream = g_mime_stream_mem_new();
	GByteArray *bytes;
	char *text;

	if (content)
		g_mime_data_wrapper_write_to_stream(content, stream);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	text = xstrndup(bytes->len ? (const char *)bytes->data : "", bytes->len);
	g_object_unref(stream);
	return text;
}

static void note_message_id(struct mail_parts *p, const char *id)
{
	if (id && !p->message_id[0])
		text_put(p->message_id, sizeof(p->message_id), id);
}

static void look(GMimeObject *parent, GMimeObject *part, void *ctx)
{
	GMimeContentType *type = g_mime_object_get_content_type(part);
	struct mail_parts *p = ctx;
	char field[FIELD_SIZE];

	(void)parent;
	if (GMIME_IS_MESSAGE_PART(part)) {
		GMimeMessage *m = g_mime_message_part_get_message(GMIME_MESSAGE_PART(part));

		note_message_id(p, m ? g_mime_message_get_message_id(m) : NULL);
		return;
	}
	if (!GMIME_IS_PART(part))
		return;
	if (g_mime_content_type_is_type(type, "message", "delivery-status") && !p->status)
		p->status = text_of(GMIME_PART(part));
	if (g_mime_content_type_is_type(type, "message", "feedback-report") && !p->complaint)
		p->complaint = text_of(GMIME_PART(part));
	if (g_mime_content_type_is_type(type, "text", "rfc822-headers")) {
		autofree char *headers = text_of(GMIME_PART(part));

		note_message_id(p, find_field(headers, "Message-ID", field));
	}
}

/* ---- what they say ---- */

static enum receipt_status action_means(const char *action)
{
	if (!strncasecmp(action, "failed", 6))
		return RECEIPT_UNDELIVERED;
	if (!strncasecmp(action, "delivered", 9))
		return RECEIPT_DELIVERED;
	return RECEIPT_PASSING; /* delayed, relayed, expanded: RFC 3464 2.3.3 */
}

/* A mail of ours has one recipient, so the group that says most is about that one. */
static void read_status(const char *status, struct receipt *to)
{
	char action[FIELD_SIZE], code[FIELD_SIZE], diagnostic[FIELD_SIZE];

	for (const char *g = status; g; g = next_group(g)) {
		enum receipt_status means = action_means(find_field(g, "Action", action));

		if (means <= to->status)
			continue;
		to->status = means;
		if (means == RECEIPT_UNDELIVERED)
			receipt_reason_mail(to, find_field(g, "Status", code),
					    find_field(g, "Diagnostic-Code", diagnostic));
	}
}

static int read_parts(const struct mail_parts *p, struct receipt_list *out, struct err *e)
{
	const char *fields = p->status ? p->status : p->complaint;
	struct receipt to = { 0 };
	char field[FIELD_SIZE];

	if (!fields)
		return err_set(e, ERR_INVALID, "it is no delivery status, and no complaint");
	receipt_name_mail(&to, find_field(fields, "Original-Envelope-Id", field));
	if (!to.nnames)
		receipt_name_mail(&to, p->message_id);
	if (!to.nnames)
		return err_set(e, ERR_INVALID, "it is about no message of ours");
	if (p->status) {
		read_status(p->status + strspn(p->status, "\r\n"), &to);
	} else {
		to.status = RECEIPT_DELIVERED;
		to.suppress = SUPPRESS_COMPLAINT;
	}
	out->list = xmemdup(&to, sizeof(to));
	out->count = 1;
	return OK;
}

/* How often a word that parts hold others by is in it; where it is in a text, that text is odd. */
static size_t count(const char *message, size_t len, const char *word)
{
	size_t n = 0, size = strlen(word);

	for (size_t i = 0; i + size <= len; i++)
		n += (message[i] | 0x20) == *word && !strncasecmp(message + i, word, size);
	return n;
}

int receipt_read_mail(const char *message, size_t len, struct receipt_list *out, struct err *e)
{
	struct mail_parts p = { 0 };
	GMimeStream *stream;
	GMimeParser *parser;
	GMimeMessage *m;
	int r;

	if (len > RECEIPT_BODY_MAX_BYTES)
		return err_set(e, ERR_INVALID, "more than %zu bytes", RECEIPT_BODY_MAX_BYTES);
	if (count(message, len, "boundary") + count(message, len, "message/") > NESTED_MAX)
		return err_set(e, ERR_INVALID, "too many parts");
	g_mime_init();
	stream = g_mime_stream_mem_new_with_buffer(message, len);
	parser = g_mime_parser_new_with_stream(stream);
	m = g_mime_parser_construct_message(parser, NULL);
	if (m)
		g_mime_message_foreach(m, look, &p);
	r = read_parts(&p, out, e);
	free(p.status);
	free(p.complaint);
	if (m)
		g_object_unref(m);
	g_object_unref(parser);
	g_object_unref(stream);
	return r;
}
