/*
 * api_words - codes in words: what schemas/errors.json says, put into what is answered.
 */
#ifndef BECKON_API_WORDS_H
#define BECKON_API_WORDS_H

#include <jansson.h>

/* Code, or why something waits -> its entry. A new reference; never changes, so any thread may read
   it. */
json_t *api_words_load(void);

/* Adds text and remedy of this key, an entry or one of the refusals that no event has. */
void api_words_say(const json_t *words, const char *lang, const char *key, json_t *object);

/* Adds text and remedy of object's code, where it has one that the catalogue knows. */
void api_words_add(const json_t *words, const char *lang, json_t *object);

/* What a row or an entry of history from the view becomes for who asked in that language:
   reason's own text is the relay's and becomes `detail`. */
void api_words_row(const json_t *words, const char *lang, json_t *row);

/* The catalogue in one language: code -> {class, text, remedy}. */
json_t *api_words_all(const json_t *words, const char *lang);

#endif
