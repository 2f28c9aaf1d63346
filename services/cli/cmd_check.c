#include "cmd_check.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "cases.h"
#include "cloudevent.h"
#include "file.h"
#include "json_text.h"
#include "mem.h"
#include "request.h"

#define CASES_ABOUT                                                                                \
	"One case an argument; - reads one a line from standard input, -0 reads them separated "   \
	"by NUL.\n"                                                                                \
	"Ends with 0 if all are good, 1 if some are bad."

static enum cli_exit check_email(void *ctx, const char *text, size_t len)
{
	const char *code = "email_syntax";
	struct address address;

	(void)ctx;
	if (memchr(text, '\0', len) || address_normalise(text, &address, &code, NULL) < 0) {
		printf("bad\t%s\n", code);
		return CLI_BAD;
	}
	printf("ok\t%s\n", address.normalised);
	return CLI_GOOD;
}

int cmd_check_email(int argc, char **argv)
{
	static const struct args args = {
		.command = "check-email",
		.synopsis = "ADDRESS... | - | -0",
		.about = "Is this an e-mail address, and what is its normal form? Prints "
			 "ok<TAB>normalised\n"
			 "or bad<TAB>code a case.\n" CASES_ABOUT,
	};
	static const struct cases cases = { .max_bytes = ADDRESS_TYPED_MAX, .check = check_email };

	return cases_run(&args, &cases, argc, argv);
}

struct event_options {
	bool syntax_only;
};

static const struct arg event_args[] = {
	{ "syntax-only", ARG_FLAG, offsetof(struct event_options, syntax_only), NULL,
	  "only: is it JSON as it is read here?", 0, 0 },
};

static enum cli_exit bad_event(const char *code, const char *where, size_t len)
{
	printf("bad\t%s\t%.*s\n", code, (int)len, where);
	return CLI_BAD;
}

static enum cli_exit check_syntax(const char *text, size_t len)
{
	json_t *value = NULL;

	if (len > RECORD_MAX_BYTES || json_text_parse(text, len, &value, NULL) < 0)
		return bad_event("schema_invalid", "event", strlen("event"));
	json_decref(value);
	puts("ok");
	return CLI_GOOD;
}

static enum cli_exit check_request(const struct cloudevent *event)
{
	struct request request;

	if (request_read(event, &request, NULL) < 0)
		return bad_event(request.code, request.where, strlen(request.where));
	puts("ok");
	return CLI_GOOD;
}

static enum cli_exit check_event(void *ctx, const char *text, size_t len)
{
	static const char structured[] = "application/cloudevents+json";
	const struct header header = { "content-type", structured, sizeof(structured) - 1 };
	const struct record record = {
		.value = text, .value_len = len, .headers = &header, .header_count = 1
	};
	const struct event_options *o = ctx;
	struct cloudevent event;
	enum cli_exit verdict;
	struct err e;

	if (o->syntax_only)
		return check_syntax(text, len);
	if (cloudevent_read(&record, CLOUDEVENT_PREFIX, &event, &e) < 0) /* "<attribute>: <rule>" */
		return bad_event("schema_invalid", e.text, strcspn(e.text, ":"));
	verdict = check_request(&event);
	cloudevent_clear(&event);
	return verdict;
}

static enum cli_exit check_event_file(void *ctx, const char *path)
{
	autobuf text = BUF_INIT(RECORD_MAX_BYTES);
	struct err e;
	int r = file_read(path, &text, &e);

	if (r == ERR_INVALID) /* larger than an event may be */
		return bad_event("schema_invalid", "event", strlen("event"));
	if (r < 0) {
		fprintf(stderr, "beckon check-event: %s\n", e.text);
		return CLI_USAGE;
	}
	return check_event(ctx, text.data ? text.data : "", text.len);
}

int cmd_check_event(int argc, char **argv)
{
	static const struct args args = {
		.command = "check-event",
		.synopsis = "[--syntax-only] FILE... | - | -0",
		.about = "Would this event be served? Each case is a CloudEvent in structured mode "
			 "(JSON): an\n"
			 "argument names a file. Prints ok, or bad<TAB>code<TAB>where: a JSON "
			 "pointer into the\n"
			 "data, or an attribute's name.\n" CASES_ABOUT,
		.list = event_args,
		.count = ARRAY_LEN(event_args),
	};
	struct event_options options = { 0 };
	const struct cases cases = { .max_bytes = RECORD_MAX_BYTES,
				     .ctx = &options,
				     .check = check_event,
				     .check_argument = check_event_file };

	return cases_run(&args, &cases, argc, argv);
}
