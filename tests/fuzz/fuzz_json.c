/* What is read as JSON is read again, as the same value, from what is written of it; what is read
   quickly is what the library reads. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json_quick.h"
#include "json_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *value, *again;
	struct err e;
	char *text;

	value = json_quick((const char *)data, size);
	if (value) {
		again = json_loadb((const char *)data, size,
				   JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
		assert(json_equal(value, again));
		json_decref(value);
		json_decref(again);
	}
	if (json_text_parse((const char *)data, size, &value, &e) < 0)
		return 0;
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	assert(text && json_text_parse(text, strlen(text), &again, &e) == OK);
	assert(json_equal(value, again));
	free(text);
	json_decref(value);
	json_decref(again);
	return 0;
}
