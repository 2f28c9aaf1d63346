#include "mail_view.h"

#include <gmime/gmime.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

static char *kept(const char *text)
{
	return xstrdup(text ? text : "");
}

static void find_text(GMimeObject *parent, GMimeObject *part, void *found)
{
	GMimeTextPart **text = found;

	(void)parent;
	if (!*text && GMIME_IS_TEXT_PART(part) &&
	    g_mime_content_type_is_type(g_mime_object_get_content_type(part), "text", "plain"))
		*text = GMIME_TEXT_PART(part);
}

static char *plain_text(GMimeMessage *m)
{
	GMimeTextPart *part = NULL;
	GMimeObject *whole = g_mime_message_get_mime_part(m);
	char *decoded, *out;

	if (GMIME_IS_TEXT_PART(whole))
		find_text(NULL, whole, &part);
	else
		g_mime_message_foreach(m, find_text, &part);
	decoded = part ? g_mime_text_part_get_text(part) : NULL;
	out = kept(decoded);
	g_free(decoded);
	return out;
}

void mail_view_read(const char *message, size_t len, struct mail_view *out)
{
	g_mime_init();
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(message, len);
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *m = g_mime_parser_construct_message(parser, NULL);
	char *to = m ? internet_address_list_to_string(
			       g_mime_message_get_addresses(m, GMIME_ADDRESS_TYPE_TO), NULL, FALSE)
		     : NULL;

	*out = (struct mail_view){ kept(m ? g_mime_message_get_subject(m) : NULL), kept(to),
				   m ? plain_text(m) : kept("") };
	g_free(to);
	if (m)
		g_object_unref(m);
	g_object_unref(parser);
	g_object_unref(stream);
}

void mail_view_clear(struct mail_view *v)
{
	free(v->subject);
	free(v->to);
	free(v->text);
}
