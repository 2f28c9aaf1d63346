#include "json_write.h"

#include <string.h>

/* One reservation for all: a record has thirty names. */
void json_write_name(struct buf *b, const char *name)
{
	size_t n = strlen(name);
	char *start = buf_reserve(b, n + strlen(",\"\":")), *to = start;

	if (!to)
		return;
	if (b->len && to[-1] != '{')
		*to++ = ',';
	*to++ = '"';
	memcpy(to, name, n);
	to += n;
	*to++ = '"';
	*to++ = ':';
	buf_commit(b, (size_t)(to - start));
}

void json_write_open(struct buf *b, const char *name)
{
	if (name)
		json_write_name(b, name);
	buf_byte(b, '{');
}

void json_write_close(struct buf *b)
{
	buf_byte(b, '}');
}

void json_write_text(struct buf *b, const char *name, const char *value)
{
	if (!value || !value[0])
		return;
	json_write_name(b, name);
	buf_json(b, value);
}

void json_write_int(struct buf *b, const char *name, int64_t value)
{
	json_write_name(b, name);
	buf_int(b, value);
}
