#include "providers.h"

#include <string.h>

static bool is_named(const struct providers *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(provider_terms(p->list[i])->name, name))
			return true;
	return false;
}

int providers_open(struct providers *out, const json_t *list, const char *dir, struct err *e)
{
	size_t n = json_array_size(list);

	if (n < 1 || n > PROVIDERS_MAX)
		return err_set(e, ERR_FATAL, "providers: a list of 1 to %d", PROVIDERS_MAX);
	for (size_t i = 0; i < n; i++) {
		struct provider *one;

		if (provider_open(&one, json_array_get(list, i), dir, e) < 0) {
			providers_close(out);
			return ERR_FATAL;
		}
		if (is_named(out, provider_terms(one)->name)) {
			err_set(e, ERR_FATAL, "providers: name '%s' is given twice",
				provider_terms(one)->name);
			provider_free(one);
			providers_close(out);
			return ERR_FATAL;
		}
		out->list[out->count++] = one;
	}
	return OK;
}

void providers_close(struct providers *p)
{
	for (size_t i = 0; i < p->count; i++)
		provider_free(p->list[i]);
	p->count = 0;
}
