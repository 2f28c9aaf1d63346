/*
 * lang - the language in which people are answered: English, or Russian where they ask for it.
 *
 * Asked for by --lang, or by LC_ALL, LC_MESSAGES or LANG as everywhere on the system. Programs read
 * --json, which is in no language.
 */
#ifndef BECKON_CLI_LANG_H
#define BECKON_CLI_LANG_H

#include "err.h"

enum lang { LANG_EN, LANG_RU, LANG_COUNT };

extern const char *const lang_names[LANG_COUNT]; /* "en", "ru": also the keys of errors.json */

/* option: the value of --lang; NULL = what the environment says. ERR_INVALID: no language of ours.
 */
int lang_read(const char *option, enum lang *out, struct err *e);

/* A text in each language. */
struct words_in {
	const char *in[LANG_COUNT];
};

/* A row of a command's options that sets its member `lang` (const char *). */
#define LANG_ARG(offset_of_lang)                                                                   \
	{                                                                                          \
		"lang", ARG_TEXT, offset_of_lang, "en|ru",                                         \
			"language of the answer; the system's unless told", 0, 0                   \
	}

#endif
