/*
 * answer - what a provider's answer means for the message: pure.
 *
 * The provider's own code decides, wherever the answer has one that its description knows; else the
 * HTTP status. An acceptance must be told: where nothing readable came back, or only some of a
 * message's parts were taken, the message is in doubt.
 */
#ifndef BECKON_ANSWER_H
#define BECKON_ANSWER_H

#include "curl.h"
#include "description.h"
#include "transport.h"

#define ANSWER_ID_SIZE 96
#define ANSWER_CODE_SIZE 40

struct answer {
	struct mail_result result;   /* reply.code is the HTTP status */
	char id[ANSWER_ID_SIZE];     /* the provider's name for the message; "" = none was told */
	char code[ANSWER_CODE_SIZE]; /* the provider's own code; "" = none was told */
	enum suppress_why suppress;  /* nobody is to write there again */
	bool unknown_code;	     /* one that the description does not know */
	char reason[128];	     /* for people; nothing of the answer but its codes */
	int64_t retry_after_ms;
};

void answer_read(const struct description *d, const struct curl_answer *a, struct answer *out);

#endif
