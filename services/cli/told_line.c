#include "told_line.h"

#include <stdio.h>
#include <time.h>

#include "term.h"

void told_line(const struct told *t, enum lang lang)
{
	char words[TOLD_WORDS_SIZE], at[16], who[160], attempt[32] = "";
	time_t s = (time_t)(t->at_ms / 1000);
	struct tm tm;

	strftime(at, sizeof(at), "%H:%M:%S", localtime_r(&s, &tm));
	snprintf(who, sizeof(who), "%s/%s", t->tenant, t->invite);
	if (t->attempt > 1)
		snprintf(attempt, sizeof(attempt), "attempt %lld", (long long)t->attempt);
	term_cell(TONE_FAINT, at, 8);
	term_cell(told_tone(t->word), told_words(t, lang, words), 20);
	term_cell(TONE_PLAIN, who, 36);
	term_cell(TONE_PLAIN, t->masked ? t->masked : "", 16);
	term_print(TONE_PLAIN, t->code ? t->code : "");
	printf("%s%s\n", attempt[0] && t->code ? ", " : "", attempt);
	fflush(stdout);
}
