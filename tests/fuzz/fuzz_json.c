/* What the quick reader of JSON returns is what jansson returns. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "json_quick.h"
#include "json_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *quick = json_quick((const char *)data, size, JSON_TEXT_DEPTH_MAX), *right;
	char *ours, *theirs;

	if (!quick)
		return 0;
	right = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
	assert(right && json_equal(quick, right));
	ours = json_dumps(quick, JSON_COMPACT);
	theirs = json_dumps(right, JSON_COMPACT);
	assert(strcmp(ours, theirs) == 0);
	free(ours);
	free(theirs);
	json_decref(quick);
	json_decref(right);
	return 0;
}
