/*
 * Templates, partials and data are all the input's: it is cut at NUL bytes into flags, a template,
 * data as JSON and two partials, p and q.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "template.h"

#define OUTPUT_MAX_BYTES ((size_t)1 << 20)

enum { TEMPLATE, DATA, PARTIAL_P, PARTIAL_Q, FIELDS };

struct field {
	const char *at;
	size_t len;
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static const char *find(void *ctx, const char *name, size_t *len)
{
	const struct field *fields = ctx;
	const struct field *f = strcmp(name, "p") == 0	 ? &fields[PARTIAL_P]
				: strcmp(name, "q") == 0 ? &fields[PARTIAL_Q]
							 : NULL;

	if (!f)
		return NULL;
	*len = f->len;
	return f->at;
}

static void cut(const char *at, size_t len, struct field *fields)
{
	const char *end = at + len;

	for (size_t i = 0; i < FIELDS; i++) {
		const char *nul = memchr(at, '\0', (size_t)(end - at));

		fields[i] = (struct field){ at, (size_t)((nul ? nul : end) - at) };
		at = nul ? nul + 1 : end;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct field fields[FIELDS];
	struct template_partials partials = { find, fields, size && (bytes[0] & 1) };
	autobuf out = BUF_INIT(OUTPUT_MAX_BYTES);
	struct template *t;
	struct err e;
	json_t *vars;

	if (!size)
		return 0;
	cut((const char *)bytes + 1, size - 1, fields);
	if (template_compile(&t, "fuzz", fields[TEMPLATE].at, fields[TEMPLATE].len,
			     bytes[0] & 2 ? TEMPLATE_ESCAPE_HTML : TEMPLATE_ESCAPE_NONE, &partials,
			     &e) < 0)
		return 0;
	vars = json_loadb(fields[DATA].at, fields[DATA].len, JSON_DECODE_ANY, NULL);
	template_render(t, vars, partials.lenient, &out, &e);
	json_decref(vars);
	template_free(t);
	return 0;
}
