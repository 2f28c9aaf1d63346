#include "lang.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

const char *const lang_names[LANG_COUNT] = { [LANG_EN] = "en", [LANG_RU] = "ru" };

/* The first of them that is set decides, as for every program. */
static enum lang of_environment(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strncmp(value, "ru", 2) ? LANG_EN : LANG_RU;
	}
	return LANG_EN;
}

int lang_read(const char *option, enum lang *out, struct err *e)
{
	if (!option) {
		*out = of_environment();
		return OK;
	}
	for (enum lang l = 0; l < LANG_COUNT; l++) {
		if (strcmp(option, lang_names[l]))
			continue;
		*out = l;
		return OK;
	}
	return err_set(e, ERR_INVALID, "--lang: '%.20s' is neither en nor ru", option);
}
