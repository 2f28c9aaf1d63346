/* Answers of SMS providers: the first byte picks a description, the second how the answer came. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DESCRIPTIONS 8

/* Made once: a target has no other place for it. */
static struct description *describe(size_t which)
{
	static const char *const names[DESCRIPTIONS] = { "twilio",	"vonage", "sns",
							 "messagebird", "smsc",	  "smsru",
							 "kannel",	"webhook" };
	static struct description *made[DESCRIPTIONS];
	char path[128];
	struct err e;

	which %= DESCRIPTIONS;
	snprintf(path, sizeof(path), "%s/%s.yaml", FUZZ_PROVIDERS, names[which]);
	if (!made[which] && description_read(&made[which], path, &e) < 0)
		abort();
	return made[which];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int statuses[] = {
		200, 201, 202, 204, 302, 400, 401, 403, 429, 500, 503, 599
	};
	struct curl_answer a = { .begun = true };
	struct answer out;
	char *body;

	if (size < 2 || size > CURL_ANSWER_MAX_BYTES)
		return 0;
	body = xmalloc(size - 1);
	memcpy(body, data + 2, size - 2);
	body[size - 2] = '\0';
	a.status = statuses[data[1] % ARRAY_LEN(statuses)];
	a.whole = data[1] & 0x80;
	a.body = body;
	a.len = size - 2;
	answer_read(describe(data[0]), &a, &out);
	if (out.result.reach == REACH_TAKEN && (a.status / 100 != 2 || out.result.code))
		abort();
	if (out.result.reach == REACH_REFUSED && !out.result.code)
		abort();
	if (strpbrk(out.id, " +\"<>\r\n") || strpbrk(out.code, " \"\r\n"))
		abort();
	free(body);
	return 0;
}
