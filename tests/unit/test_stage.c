/* The skeleton as a process of its own, on the mock cluster and a real Redis: what is stored, and
 * what is not.
 *
 * Started with arguments this program is the service: each record tells what is to be done with it,
 * and what happens is told on standard output. Records are "<number> <order>".
 */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto.h"
#include "guard.h"
#include "kafka_mock.h"
#include "mem.h"
#include "now.h"
#include "redis_server.h"
#include "stage.h"
#include "watermark.h"

#define WAIT_MS 40000
#define INPUT "in"
#define OUTPUT "out"

/* ---- the service ---- */

struct service {
	struct run *run;
	struct work *held[64];
	size_t nheld;
	bool asked_again, tame; /* tame: a later life, in which nothing is fatal */
	size_t muted;
};

static bool is_order(const struct work *w, const char *name)
{
	return strstr(w->rec.value, name) != NULL;
}

static void say(const char *what, const struct work *w)
{
	if (is_order(w, " mute"))
		return;
	printf("%s %d\n", what, (int)strtol(w->rec.value, NULL, 10));
	fflush(stdout);
}

static void order_ok(struct service *s, struct work *w)
{
	stage_finish(s->run, w);
}

static void order_tell(struct service *s, struct work *w)
{
	struct kafka_message m = {
		.topic = OUTPUT, .partition = 0, .value = "told", .value_len = 4
	};
	struct err e;

	if (stage_append(s->run, w, &m, &e) < 0)
		stage_die(s->run, e.text);
	stage_finish(s->run, w);
}

static void order_hold(struct service *s, struct work *w)
{
	s->held[s->nheld++] = w;
}

static void release(void *ctx)
{
	struct service *s = ctx;

	while (s->nheld)
		stage_finish(s->run, s->held[--s->nheld]);
}

static void order_release(struct service *s, struct work *w)
{
	release(s);
	stage_finish(s->run, w);
}

/* Finished like " ok", and told of only when as many are as a window has room for behind one that
 * is held. */
static void order_mute(struct service *s, struct work *w)
{
	stage_finish(s->run, w);
	if (++s->muted == WATERMARK_WINDOW - 1)
		puts("full");
	fflush(stdout);
}

/* As a service does that cannot append: it says so, and is through with the work. */
static void order_die(struct service *s, struct work *w)
{
	autofree char *large = xcalloc(1, 3u << 20);
	struct kafka_message m = {
		.topic = OUTPUT, .partition = 0, .value = large, .value_len = 3u << 20
	};
	struct err e;

	if (!s->tame && stage_append(s->run, w, &m, &e) < 0)
		stage_die(s->run, e.text);
	stage_finish(s->run, w);
}

static void order_disown(struct service *s, struct work *w)
{
	if (!s->tame)
		stage_disown(w);
	stage_finish(s->run, w);
}

static const struct order {
	const char *name;
	void (*obey)(struct service *s, struct work *w);
} orders[] = {
	{ " again", order_ok },	       { " fatal", order_ok },	{ " ok", order_ok },
	{ " tell", order_tell },       { " hold", order_hold }, { " mute", order_mute },
	{ " release", order_release }, { " die", order_die },	{ " disown", order_disown },
};

static void obey(struct service *s, struct work *w)
{
	size_t i = 0;

	while (!is_order(w, orders[i].name))
		i++;
	orders[i].obey(s, w);
}

static int handle(void *ctx, struct work **works, size_t n, struct err *e)
{
	struct service *s = ctx;

	for (size_t i = 0; i < n; i++)
		if (is_order(works[i], " again") && !s->asked_again) {
			s->asked_again = true;
			return err_set(e, ERR_AGAIN, "once more");
		}
	for (size_t i = 0; i < n; i++) {
		say("take", works[i]);
		if (is_order(works[i], " fatal") && !s->tame)
			return err_set(e, ERR_FATAL, "some of them are finished");
		obey(s, works[i]); /* it may be gone after this */
	}
	return OK;
}

static int service_open(void *ctx, struct run *r, struct err *e)
{
	(void)e;
	((struct service *)ctx)->run = r;
	return OK;
}

static int64_t tick(void *ctx)
{
	(void)ctx;
	return INT64_MAX;
}

static void flushed(void *ctx, struct work *w)
{
	(void)ctx;
	say("flushed", w);
}

static void revoked(void *ctx, struct work *w)
{
	struct service *s = ctx;
	size_t left = 0;

	say("revoked", w);
	for (size_t i = 0; i < s->nheld; i++)
		if (s->held[i] != w)
			s->held[left++] = s->held[i];
	s->nheld = left;
	stage_finish(s->run, w);
}

static void service_close(void *ctx)
{
	(void)ctx;
}

static int serve(char **argv)
{
	static const struct stage stage = {
		.name = "test",
		.summary = "Does as it is told.",
		.input = STAGE_TOPIC_REQUESTED,
		.open = service_open,
		.handle = handle,
		.tick = tick,
		.flushed = flushed,
		.revoked = revoked,
		.reloaded = release,
		.close = service_close,
	};
	static struct service s;
	static char settings[1];

	s.tame = getenv("TAME") != NULL;
	return stage_main(&stage, &s, settings, argv);
}

/* ---- the test ---- */

struct world {
	struct redis_server redis;
	struct kafka_mock *mock;
	struct producer *producer;
	const char *bootstrap, *topic;
};

struct child {
	pid_t pid;
	int out;
	char text[1 << 16]; /* what it has told */
	size_t len, at;	    /* at: read up to here */
};

static void on_acked(void *ctx, void *opaque, const char *error)
{
	(void)ctx;
	(void)opaque;
	assert_null(error);
}

static int world_open(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));
	struct guard_options o = { .prefix = "t:", .timeout_ms = 1000, .client_name = "test" };
	struct kafka_property bootstrap;
	struct guard *g;
	struct err e = { "" };
	bool created;

	assert_int_equal(crypto_init(&e), OK);
	redis_server_start(&w->redis);
	o.redis_url = w->redis.url;
	assert_int_equal(guard_new(&g, &o, &e), OK);
	assert_int_equal(guard_init_epoch(g, &created, &e), OK);
	guard_free(g);
	assert_int_equal(kafka_mock_open(&w->mock, &e), OK);
	assert_int_equal(kafka_mock_topic(w->mock, OUTPUT, 1, &e), OK);
	w->bootstrap = kafka_mock_bootstrap(w->mock);
	bootstrap = (struct kafka_property){ "bootstrap.servers", w->bootstrap };
	assert_int_equal(producer_open(&w->producer, (struct kafka_properties){ &bootstrap, 1 },
				       on_acked, w, &e),
			 OK);
	*state = w;
	return 0;
}

static int world_close(void **state)
{
	struct world *w = *state;

	producer_close(w->producer);
	kafka_mock_close(w->mock);
	redis_server_stop(&w->redis);
	free(w);
	return 0;
}

static void topic_make(struct world *w, const char *topic, int partitions)
{
	struct err e;

	w->topic = topic;
	assert_int_equal(kafka_mock_topic(w->mock, topic, partitions, &e), OK);
}

/* "1 ok; 2 hold": in one go, so that they are read as one batch if they are not read one by one. */
static void order(struct world *w, int32_t partition, const char *list)
{
	autofree char *text = xstrdup(list);
	char *rest = text;

	for (char *one; (one = strsep(&rest, ";"));) {
		struct kafka_message m = { .topic = w->topic,
					   .partition = partition,
					   .value = one,
					   .value_len = strlen(one) };
		struct err e;

		while (producer_send(w->producer, &m, NULL, &e) == ERR_AGAIN)
			producer_poll(w->producer, 10);
	}
	assert_true(producer_flush(w->producer, WAIT_MS));
}

static struct child *child_start(const struct world *w, bool tame)
{
	struct child *c = xcalloc(1, sizeof(*c));
	const char *argv[] = {
		"beckon-test", "--kafka-bootstrap-servers", w->bootstrap, "--redis-url",
		w->redis.url, "--redis-prefix", "t:", "--group", w->topic, "--topics-requested",
		w->topic, "--topics-status", OUTPUT, "--log-level", "error",
		/* the mock lets a joining member wait nearly as long as a session may be silent */
		"--kafka-session-timeout-ms", "3000", "--kafka-heartbeat-interval-ms", "300", NULL
	};
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	c->pid = fork();
	if (c->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		if (tame)
			setenv("TAME", "1", 1);
		execv("/proc/self/exe", (char **)argv);
		_exit(127);
	}
	close(ends[1]);
	c->out = ends[0];
	return c;
}

/* The next line, without its end; NULL = it tells no more. */
static char *child_line(struct child *c)
{
	struct pollfd p = { .fd = c->out, .events = POLLIN };
	char *end, *line = c->text + c->at;
	ssize_t n;

	while (!(end = memchr(line, '\n', c->len - c->at))) {
		if (poll(&p, 1, WAIT_MS) != 1)
			fail_msg("after:\n%sit tells nothing", c->text);
		n = read(c->out, c->text + c->len, sizeof(c->text) - c->len - 1);
		if (n <= 0)
			return NULL;
		c->len += (size_t)n;
	}
	*end = '\0';
	c->at = (size_t)(end + 1 - c->text);
	return line;
}

/* What it tells next is this, line by line. */
static void child_tells(struct child *c, const char *lines)
{
	autofree char *text = xstrdup(lines);
	char *rest = text;

	for (char *wanted; (wanted = strsep(&rest, ";"));)
		assert_string_equal(child_line(c), wanted);
}

/* These lines, in any order. */
static void child_tells_all(struct child *c, const char *lines)
{
	autofree char *text = xasprintf(";%s;", lines);
	size_t left = 0;

	for (const char *p = text + 1; *p; p++)
		left += *p == ';';
	for (; left; left--) {
		const char *line = child_line(c);
		autofree char *wanted = xasprintf(";%s;", line ? line : "the end");

		if (!strstr(text, wanted))
			fail_msg("'%s' is none of %s", line, lines);
	}
}

/* Waits for the end, which nothing more may be told before; its exit status. */
static int child_end(struct child *c)
{
	char *more = child_line(c);
	int status = -1;

	if (more)
		fail_msg("at the end it tells '%s'", more);
	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	assert_true(WIFEXITED(status));
	close(c->out);
	free(c);
	return WEXITSTATUS(status);
}

/* SIGTERM; what is in hand is given back. */
static int child_stop(struct child *c, const char *told)
{
	kill(c->pid, SIGTERM);
	if (told)
		child_tells_all(c, told);
	return child_end(c);
}

/* An offset is stored once everything below it is done: what was held, and all behind it, comes
 * again. */
static void test_offsets(void **state)
{
	struct world *w = *state;
	struct child *c;

	topic_make(w, "offsets", 1);
	c = child_start(w, false);
	order(w, 0, "1 ok;2 hold;3 ok;4 tell");
	child_tells(c, "take 1;flushed 1;take 2;take 3;flushed 3;take 4;flushed 4");
	assert_int_equal(child_stop(c, "revoked 2;flushed 2"), 0);

	c = child_start(w, false);
	child_tells(c, "take 2;take 3;flushed 3;take 4;flushed 4");
	order(w, 0, "5 again"); /* handed over again as if for the first time */
	child_tells(c, "take 5;flushed 5");
	order(w, 0, "6 release");
	child_tells(c, "take 6;flushed 2;flushed 6");
	assert_int_equal(child_stop(c, NULL), 0);

	c = child_start(w, false);
	order(w, 0, "7 disown;8 ok"); /* somebody else is to do it */
	child_tells(c, "take 7;flushed 7;take 8;flushed 8");
	assert_int_equal(child_stop(c, NULL), 0);

	c = child_start(w, true);
	child_tells(c, "take 7;flushed 7;take 8;flushed 8");
	assert_int_equal(child_stop(c, NULL), 0);
}

/* A service that cannot go on: what it could not do is not stored, though it was through with it.
 */
static void test_dying(void **state)
{
	struct world *w = *state;
	struct child *c;

	topic_make(w, "dying", 1);
	order(w, 0, "1 ok;2 die;3 ok");
	c = child_start(w, false);
	child_tells(c, "take 1;flushed 1;take 2;flushed 2;take 3;flushed 3");
	assert_int_equal(child_end(c), 70);

	c = child_start(w, true);
	child_tells(c, "take 2;flushed 2;take 3;flushed 3");
	order(w, 0, "4 ok");
	child_tells(c, "take 4;flushed 4");
	assert_int_equal(child_stop(c, NULL), 0);
}

/* One that is not done for long: the partition is read no further than the window reaches, and goes
 * on from there. */
static void test_window(void **state)
{
	struct world *w = *state;
	autobuf many = BUF_INIT(8u << 20);
	struct child *c;

	topic_make(w, "window", 1);
	buf_str(&many, "1 hold");
	for (size_t i = 0; i < WATERMARK_WINDOW + 3000; i++)
		buf_str(&many, ";0 mute");
	buf_str(&many, ";2 ok");
	order(w, 0, many.data);
	c = child_start(w, false);
	child_tells(c, "take 1;full");
	kill(c->pid, SIGHUP);
	child_tells(c, "flushed 1;take 2;flushed 2");
	assert_int_equal(child_stop(c, NULL), 0);

	c = child_start(w, false);
	order(w, 0, "3 ok");
	child_tells(c, "take 3;flushed 3");
	assert_int_equal(child_stop(c, NULL), 0);
}

/* Likewise in the middle of a batch of which some are finished, and gone. */
static void test_fatal(void **state)
{
	struct world *w = *state;
	struct child *c;

	topic_make(w, "fatal", 1);
	order(w, 0, "1 ok;2 ok;3 fatal;4 ok");
	c = child_start(w, false);
	child_tells(c, "take 1;flushed 1;take 2;flushed 2;take 3");
	assert_int_equal(child_end(c), 70);

	c = child_start(w, true);
	child_tells(c, "take 3;flushed 3;take 4;flushed 4");
	assert_int_equal(child_stop(c, NULL), 0);
}

/* What it has in hand: of one partition numbers from 1, of the other from 11 on. */
struct in_hand {
	bool is[20];
	size_t of_first, of_second;
};

static void in_hand_note(struct in_hand *h, const char *line)
{
	int number;

	assert_non_null(line);
	if (sscanf(line, "take %d", &number) == 1)
		h->is[number] = true;
	else if (sscanf(line, "flushed %d", &number) == 1)
		h->is[number] = false;
	h->of_first = (size_t)h->is[1] + h->is[2] + h->is[3];
	h->of_second = (size_t)h->is[11] + h->is[12] + h->is[13];
}

/* Notes what either tells next; a group may turn more than once before it rests. */
static void note_either(struct child *c[2], struct in_hand h[2])
{
	struct pollfd p[] = { { .fd = c[0]->out, .events = POLLIN },
			      { .fd = c[1]->out, .events = POLLIN } };
	size_t i = memchr(c[0]->text + c[0]->at, '\n', c[0]->len - c[0]->at)   ? 0
		   : memchr(c[1]->text + c[1]->at, '\n', c[1]->len - c[1]->at) ? 1
									       : 2;

	if (i == 2) {
		assert_true(poll(p, 2, WAIT_MS) > 0);
		i = p[0].revents ? 0 : 1;
	}
	in_hand_note(&h[i], child_line(c[i]));
}

/* SIGTERM: everything is given back before it ends. */
static void end_empty_handed(struct child *c, struct in_hand *h)
{
	const char *line;
	int status;

	kill(c->pid, SIGTERM);
	while ((line = child_line(c)))
		in_hand_note(h, line);
	assert_int_equal(h->of_first + h->of_second, 0);
	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(c->out);
	free(c);
}

/* A second member joins: what the first has in hand is given back, and taken by whoever has the
 * partition then. */
static void test_revoked(void **state)
{
	struct world *w = *state;
	struct child *c[2];
	struct in_hand h[2] = { 0 };

	topic_make(w, "revoked", 2);
	order(w, 0, "1 hold;2 hold;3 hold");
	order(w, 1, "11 hold;12 hold;13 hold");
	c[0] = child_start(w, false);
	while (h[0].of_first + h[0].of_second < 6)
		in_hand_note(&h[0], child_line(c[0]));
	c[1] = child_start(w, false);
	while (!(h[0].of_first == 3 && h[1].of_second == 3) &&
	       !(h[0].of_second == 3 && h[1].of_first == 3))
		note_either(c, h);
	end_empty_handed(c[0], &h[0]);
	while (h[1].of_first + h[1].of_second < 6)
		in_hand_note(&h[1], child_line(c[1]));
	end_empty_handed(c[1], &h[1]);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offsets), cmocka_unit_test(test_dying),
		cmocka_unit_test(test_fatal),	cmocka_unit_test(test_window),
		cmocka_unit_test(test_revoked),
	};

	if (argc > 1)
		return serve(argv);
	return cmocka_run_group_tests(tests, world_open, world_close);
}
