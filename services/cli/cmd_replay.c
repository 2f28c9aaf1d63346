#include "cmd_replay.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "args.h"
#include "cli.h"
#include "codes.h"
#include "mem.h"
#include "now.h"
#include "replaying.h"
#include "term.h"

#define RATE_DEFAULT 50
#define LIMIT_DEFAULT 10000
#define SECOND_US 1000000

#define AT(member) offsetof(struct replay_options, member)
static const struct arg list[] = {
	{ "code", ARG_TEXT, AT(code), "CODE|" REPLAY_CODE_UNREADABLE,
	  "errors with this code; '" REPLAY_CODE_UNREADABLE "' = the dead letters", 0, 0 },
	{ "since", ARG_TEXT, AT(since), "TIME", "told since then: 2025-03-14T18:00:00Z, or 6h, 7d",
	  0, 0 },
	{ "tenant", ARG_TEXT, AT(tenant), "NAME", "of this tenant only", 0, 0 },
	{ "dry-run", ARG_FLAG, AT(dry_run), NULL, "say what would be done, do nothing", 0, 0 },
	{ "rate", ARG_NUMBER, AT(rate), "N", "so many a second, 50 unless told", 1, 10000 },
	{ "limit", ARG_NUMBER, AT(limit), "N", "at most so many, 10000 unless told", 1, 1000000 },
	{ "json", ARG_FLAG, AT(json), NULL, "one JSON object a line", 0, 0 },
	LANG_ARG(AT(lang)),
};
#undef AT

static const struct args args = {
	"replay",
	"--code CODE --since TIME [OPTION...]",
	"Asks again for what failed, once its cause is mended. An invite that ended as an error is "
	"resent, with\n"
	"its full time; one that has moved on, or whose time is over, is left as it is. Dead "
	"letters that can be\n"
	"read by now go back to their topic. Nothing is replayed twice, or more than three times "
	"in a row.\n"
	"Ends with 1 where something had to be left.",
	list,
	ARRAY_LEN(list),
	.settings = true,
};

static const struct {
	const char *word;
	enum tone tone;
	struct words_in text;
} shown[REPLAY_VERDICTS] = {
	[REPLAY_GO] = { "replayed", TONE_GOOD, { { "asked again", "запрошено снова" } } },
	[REPLAY_MOVED_ON] = { "moved_on",
			      TONE_FAINT,
			      { { "has moved on since", "состояние уже изменилось" } } },
	[REPLAY_EXPIRED] = { "expired", TONE_WARN, { { "its time is over", "время вышло" } } },
	[REPLAY_LOOP] = { "loop",
			  TONE_BAD,
			  { { "replayed three times already: mend the cause first",
			      "уже три повтора: сначала устраните причину" } } },
	[REPLAY_ERASED] = { "erased",
			    TONE_WARN,
			    { { "its data has been erased", "данные удалены" } } },
	[REPLAY_PASSWORD] = { "password",
			      TONE_WARN,
			      { { "a password e-mail: beckon resend --confirm",
				  "письмо с паролем: beckon resend --confirm" } } },
	[REPLAY_UNREADABLE] = { "unreadable",
				TONE_WARN,
				{ { "still unreadable", "по-прежнему не читается" } } },
	[REPLAY_CUT] = { "cut",
			 TONE_WARN,
			 { { "only its beginning was kept", "сохранено только начало" } } },
};

/* ---- what both kinds share ---- */

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * SECOND_US + t.tv_nsec / 1000;
}

void replaying_pace(struct replaying *v)
{
	int64_t now = now_us();
	struct timespec wait = { .tv_sec = (v->next_us - now) / SECOND_US,
				 .tv_nsec = (v->next_us - now) % SECOND_US * 1000 };

	if (v->next_us > now)
		nanosleep(&wait, NULL);
	v->next_us = (v->next_us > now ? v->next_us : now) + SECOND_US / v->o.rate;
}

bool replaying_full(const struct replaying *v)
{
	return v->told[REPLAY_GO] >= (size_t)v->o.limit;
}

void replaying_tell(struct replaying *v, const char *what, enum replay_verdict verdict,
		    const char *detail)
{
	static const char *const would[LANG_COUNT] = { "would be asked again",
						       "было бы запрошено снова" };
	bool only_would = verdict == REPLAY_GO && v->o.dry_run;

	v->told[verdict]++;
	if (v->o.json) {
		cli_json(json_pack("{sssssbss*}", "what", what, "verdict", shown[verdict].word,
				   "dry_run", v->o.dry_run, "detail", detail));
		return;
	}
	term_cell(TONE_PLAIN, what, 36);
	term_print(shown[verdict].tone,
		   only_would ? would[v->lang] : shown[verdict].text.in[v->lang]);
	if (detail)
		printf(": ");
	term_print(TONE_PLAIN, detail ? detail : "");
	putchar('\n');
}

/* ---- the command ---- */

static int check(struct replaying *v, struct err *e)
{
	int r = lang_read(v->o.lang, &v->lang, e);

	if (r == OK)
		r = replay_since(v->o.since, now_ms(), &v->since_ms, e);
	if (r == OK && !v->o.code)
		return err_set(e, ERR_INVALID, "say of which --code, e.g. --code auth_failed");
	if (r == OK && strcmp(v->o.code, REPLAY_CODE_UNREADABLE) && !codes_find(v->o.code))
		return err_set(e, ERR_INVALID, "--code: there is no error '%.40s'", v->o.code);
	return r;
}

static int run(struct replaying *v, struct err *e)
{
	bool letters = !strcmp(v->o.code, REPLAY_CODE_UNREADABLE);
	int r = OK;

	if (!letters)
		r = settings_guard_ready(&v->settings, "beckon-replay", &v->guard, e);
	if (r == OK && !v->o.dry_run)
		r = outbox_open(&v->outbox, &v->settings, v->settings.topics[TOPIC_REQUESTED], e);
	if (r == OK)
		r = letters ? replay_letters(v, e) : replay_errors(v, e);
	if (r == OK && !v->o.dry_run)
		r = outbox_flush(&v->outbox, e);
	return r;
}

static int end(const struct replaying *v)
{
	size_t left = 0;

	for (int i = REPLAY_MOVED_ON + 1; i < REPLAY_VERDICTS; i++)
		left += v->told[i];
	fprintf(stderr, "%zu %s, %zu left%s\n", v->told[REPLAY_GO],
		v->o.dry_run ? "would be asked again" : "asked again", left,
		replaying_full(v) ? "; there may be more: --limit" : "");
	return left ? CLI_BAD : CLI_GOOD;
}

int cmd_replay(int argc, char **argv)
{
	struct replaying v = { .o = { .rate = RATE_DEFAULT, .limit = LIMIT_DEFAULT } };
	struct arg_words words = { 0 };
	struct err e;
	int status, r;

	if (args_end(&args, argc, argv, &v.o, &words, &status))
		return status;
	if (check(&v, &e))
		return cli_usage("replay", &e);
	if (settings_open(&v.settings, &words.settings, &e))
		return cli_fail("replay", ERR_FATAL, &e);
	r = run(&v, &e);
	outbox_close(&v.outbox);
	guard_free(v.guard);
	settings_close(&v.settings);
	return r ? cli_fail("replay", r, &e) : end(&v);
}
