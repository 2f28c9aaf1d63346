/*
 * json_quick - the JSON that programs write, read several times faster than jansson's parser does.
 *
 * jansson takes some 130 instructions for each byte, which was a fifth of all that a message cost.
 * This reader knows only what is common: objects, arrays, strings, integers, true, false and null.
 * It promises that what it returns is what jansson would, and gives up on anything else, whether
 * that is wrong or merely rare (a real number, a surrogate pair, a name given twice): jansson then
 * has the word, and the text of the error.
 */
#ifndef BECKON_JSON_QUICK_H
#define BECKON_JSON_QUICK_H

#include <jansson.h>
#include <stddef.h>

/* An object or array with nothing but white space around it, at most depth_max levels; the caller
   decrefs it. NULL = ask jansson. */
json_t *json_quick(const char *bytes, size_t len, int depth_max);

#endif
