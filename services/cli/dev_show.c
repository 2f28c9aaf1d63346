#include <stdio.h>
#include <string.h>

#include "dev.h"
#include "file.h"
#include "mail_view.h"
#include "mem.h"
#include "now.h"
#include "report.h"
#include "term.h"
#include "told_line.h"

#define ONCE_LINES_MAX                                                                             \
	50 /* a longer list is not told line by line, and of its rows only what needs a look */
#define REDRAW_MS 100

static bool tells_lines(const struct dev *d)
{
	return !d->options->once || d->people.count <= ONCE_LINES_MAX;
}

void dev_show_start(const struct dev *d)
{
	printf("beckon dev %s, everything in %s\n", BECKON_VERSION, d->dir);
	printf("  Kafka   %s, a mock in this process: it forgets everything at the end\n",
	       kafka_mock_bootstrap(d->mock));
	printf("  Redis   unix://%s/redis/redis.sock\n", d->dir);
	printf("  SMTP    127.0.0.1:%u, mails are caught in %s/mail\n", catcher_port(d->catcher),
	       d->dir);
	printf("  SMS     http://127.0.0.1:%u, texts are shown here\n",
	       text_catcher_port(d->texts));
	if (!d->options->once)
		printf("  People  http://127.0.0.1:%u/, the dashboard; sign in with the API key\n"
		       "          %s\n"
		       "Invite somebody from another terminal; Ctrl-C ends it all:\n"
		       "  beckon invite --config '%s' --to ann@example.com\n",
		       d->private_port, d->key.text, d->config);
	fflush(stdout);
}

void dev_show_outcome(struct dev *d, const struct told *t)
{
	if (!tells_lines(d))
		return;
	term_progress("");
	told_line(t, LANG_EN);
}

void dev_show_mail(struct dev *d, const struct caught *mail, const char *path)
{
	struct mail_view v;

	if (!tells_lines(d))
		return;
	mail_view_read(mail->data, mail->len, &v);
	term_progress("");
	term_cell(TONE_FAINT, "mail", 8);
	term_cell(TONE_PLAIN, v.subject, 20);
	term_print(TONE_FAINT, path);
	putchar('\n');
	fflush(stdout);
	mail_view_clear(&v);
}

void dev_show_text(struct dev *d, const struct text_caught *t)
{
	autofree char *line = xstrdup(t->text);

	if (!tells_lines(d))
		return;
	for (char *s = line; (s = strpbrk(s, "\r\n"));)
		*s = ' ';
	term_progress("");
	term_cell(TONE_FAINT, "sms", 8);
	term_cell(TONE_PLAIN, t->to, 20);
	term_print(TONE_FAINT, line);
	putchar('\n');
	fflush(stdout);
}

void dev_show_progress(struct dev *d)
{
	size_t errors = d->told[WORD_ERROR] + d->told[WORD_REFUSED], sent = d->told[WORD_SENT];
	char line[PROGRESS_TEXT_SIZE + 128];
	int64_t now = now_mono_ms();

	if (!term_is_live() || d->phase != DEV_RUNS || now - d->shown_ms < REDRAW_MS)
		return;
	d->shown_ms = now;
	progress_mark(&d->progress, (int64_t)sent, now);
	snprintf(line, sizeof(line),
		 "%s: queued %zu, deferred %zu, sent %zu, not sent %zu, mails %zu, texts %zu, "
		 "%.1f/s",
		 d->services_up < DEV_SERVICES ? "starting" : "running", d->told[WORD_QUEUED],
		 d->told[WORD_DEFERRED], sent, errors, d->mailbox.count, d->ntexts,
		 progress_rate(&d->progress, (int64_t)sent, now));
	term_progress(line);
}

/* One of the caught mails, as text. */
static void show_one_mail(const struct dev *d)
{
	autofree char *path = xasprintf("%s/0001.eml", d->mailbox.dir);
	autobuf bytes = BUF_INIT(CATCHER_MESSAGE_MAX);
	struct mail_view v;

	if (!d->mailbox.count || file_read(path, &bytes, NULL))
		return;
	mail_view_read(bytes.data, bytes.len, &v);
	printf("\nThe first of them:\n\n  To: ");
	term_print(TONE_PLAIN, v.to);
	printf("\n  Subject: ");
	term_print(TONE_PLAIN, v.subject);
	printf("\n\n");
	for (char *line = v.text, *end; *line; line = end) {
		end = strchrnul(line, '\n');
		bool more = *end != '\0';

		*end = '\0';
		line[strcspn(line, "\r")] = '\0';
		printf("  ");
		term_print(TONE_PLAIN, line);
		putchar('\n');
		end += more;
	}
	mail_view_clear(&v);
}

void dev_show_end(struct dev *d)
{
	struct report r = { .people = &d->people,
			    .common = &d->common,
			    .advice = &d->advice,
			    .only_bad = !tells_lines(d) };
	size_t bad;

	if (!d->options->once || !d->follow.count) {
		printf("Mails caught: %zu.\n", d->mailbox.count);
		return;
	}
	printf("\n");
	bad = report_outcomes(&r, &d->follow);
	printf("\nGood rows: %zu of %zu. Mails: %zu, in %s\n", d->people.count - bad,
	       d->people.count, d->mailbox.count, d->mailbox.dir);
	if (d->ntexts)
		printf("SMS: %zu, shown above.\n", d->ntexts);
	show_one_mail(d);
}
