#include "dev.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "mem.h"
#include "now.h"
#include "term.h"

#define READ_MAX 256 /* outcomes between two looks at everything else */
#define TURN_MS 500  /* how often the moving line is written again */
#define REDIS_WAIT_MS 15000
#define SILENCE_MAX_MS 60000 /* --once: nothing has happened for so long */

/* ---- what the children say ---- */

static const char *child_name(size_t child)
{
	static const char *const names[] = { "redis", "dispatcher", "email",
					     "clock", "sms",	    "status" };

	return names[child];
}

static void say(enum tone tone, const char *who, const char *what)
{
	term_progress("");
	term_cell(tone, who, 10);
	term_print(TONE_PLAIN, what);
	putchar('\n');
	fflush(stdout);
}

static void on_line(void *ctx, size_t child, const char *line)
{
	struct dev *d = ctx;

	if (child == DEV_REDIS) {
		d->redis_ready |= strstr(line, "eady to accept connections") != NULL;
		return;
	}
	if (strstr(line, " ev=started "))
		d->services_up++;
	if (strstr(line, " level=error ") || strncmp(line, "time=", 5) != 0)
		say(TONE_WARN, child_name(child), line);
}

static void on_ended(void *ctx, size_t child, int status, int64_t restart_ms)
{
	struct dev *d = ctx;
	char text[128], how[48];

	if (d->phase >= DEV_SERVICES_END)
		return;
	if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "signal %d", WTERMSIG(status));
	else
		snprintf(how, sizeof(how), "exit %d", WEXITSTATUS(status));
	if (restart_ms >= 0 && d->phase == DEV_RUNS) {
		snprintf(text, sizeof(text), "has ended (%s); starts again in %lld ms", how,
			 (long long)restart_ms);
		say(TONE_BAD, child_name(child), text);
		return;
	}
	snprintf(text, sizeof(text), "cannot run (%s); see %s/log", how, d->dir);
	say(TONE_BAD, child_name(child), text);
	dev_stop(d, CLI_CONFIG);
}

int dev_supervise(struct dev *d, const char *log_dir, struct err *e)
{
	struct supervisor_events events = { on_line, on_ended, d };

	return supervisor_new(&d->supervisor, log_dir, &events, e);
}

/* ---- phases ---- */

void dev_stop(struct dev *d, int status)
{
	if (status != CLI_GOOD)
		d->status = status;
	if (d->phase >= DEV_SERVICES_END)
		return;
	d->phase = DEV_SERVICES_END;
	supervisor_end(d->supervisor, DEV_REDIS + 1, SIGTERM);
}

static void fail(struct dev *d, int status, const char *why)
{
	term_progress("");
	fprintf(stderr, "beckon dev: %s\n", why);
	dev_stop(d, status);
}

static void while_redis_starts(struct dev *d)
{
	struct err e;

	if (!d->redis_ready && now_mono_ms() - d->began_ms > REDIS_WAIT_MS)
		fail(d, CLI_CONFIG, "redis-server does not become ready; see redis.log");
	if (!d->redis_ready || d->phase != DEV_REDIS_STARTS)
		return;
	d->phase = DEV_RUNS;
	if (dev_begin(d, &e))
		fail(d, CLI_CONFIG, e.text);
	progress_init(&d->progress, (int64_t)d->follow.count, now_mono_ms());
}

static void while_running(struct dev *d)
{
	struct err e;

	if (!d->options->once)
		return;
	if (sender_work(&d->sender, 0, &e))
		fail(d, CLI_AWAY, e.text);
	else if (sender_done(&d->sender) && !d->follow.open)
		dev_stop(d, CLI_GOOD);
	else if (now_mono_ms() - d->heard_ms > SILENCE_MAX_MS)
		fail(d, CLI_AWAY,
		     "nothing has happened for a minute; the services' logs tell why (--keep keeps "
		     "them)");
	d->more |= d->sender.next < d->people.count;
}

static void while_services_end(struct dev *d)
{
	if (supervisor_running(d->supervisor, DEV_REDIS + 1))
		return;
	d->phase = DEV_REDIS_ENDS;
	supervisor_end(d->supervisor, DEV_REDIS, SIGTERM);
}

static void while_redis_ends(struct dev *d)
{
	if (!supervisor_running(d->supervisor, DEV_REDIS))
		d->phase = DEV_ENDED;
}

static void (*const phases[])(struct dev *d) = {
	[DEV_REDIS_STARTS] = while_redis_starts,
	[DEV_RUNS] = while_running,
	[DEV_SERVICES_END] = while_services_end,
	[DEV_REDIS_ENDS] = while_redis_ends,
};

/* ---- one turn ---- */

static void read_outcomes(struct dev *d)
{
	struct record record;
	struct told t;
	struct err e;
	int n = 0;

	while (d->reader && n < READ_MAX && kafka_reader_next(d->reader, 0, &record, &e) == OK) {
		n++;
		if (told_read(&record, &t, &e))
			continue;
		d->heard_ms = now_mono_ms();
		d->told[t.word]++;
		if (!d->options->once || follow_take(&d->follow, &t))
			dev_show_outcome(d, &t);
		told_clear(&t);
	}
	d->more |= n == READ_MAX;
}

/* The first Ctrl-C asks everybody to end, the second one insists. */
static void read_signals(struct dev *d)
{
	struct signalfd_siginfo info;

	while (read(d->signals, &info, sizeof(info)) == sizeof(info)) {
		if (d->phase >= DEV_SERVICES_END)
			supervisor_end(d->supervisor, DEV_REDIS, SIGKILL);
		dev_stop(d, CLI_GOOD);
	}
}

static void await(struct dev *d, int64_t next_ms)
{
	struct pollfd p[] = { { d->signals, POLLIN, 0 },
			      { d->wake, POLLIN, 0 },
			      { catcher_fd(d->catcher), POLLIN, 0 },
			      { text_catcher_fd(d->texts), POLLIN, 0 },
			      { supervisor_fd(d->supervisor), POLLIN, 0 } };
	uint64_t count;

	if (next_ms < 0 || next_ms > TURN_MS)
		next_ms = TURN_MS;
	poll(p, ARRAY_LEN(p), d->more ? 0 : (int)next_ms);
	d->more = false;
	while (read(d->wake, &count, sizeof(count)) == sizeof(count))
		;
}

void dev_run(struct dev *d)
{
	while (d->phase != DEV_ENDED) {
		int64_t next_ms = supervisor_work(d->supervisor, now_mono_ms());

		await(d, next_ms);
		read_signals(d);
		catcher_work(d->catcher, now_mono_ms());
		text_catcher_work(d->texts);
		read_outcomes(d);
		phases[d->phase](d);
		dev_show_progress(d);
	}
	term_progress("");
}
