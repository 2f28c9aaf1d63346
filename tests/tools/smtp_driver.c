/*
 * smtp_driver - runs the SMTP transport by itself against any server.
 *
 * One JSON line a result, one at the end. The feed hands out --count messages (or one for each
 * address given) to --threads sessions; a thread whose session met a route fault stops unless
 * --keep-going.
 */
#include <dlfcn.h>
#include <getopt.h>
#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "buf.h"
#include "mem.h"
#include "now.h"
#include "smtp.h"
#include "smtp_reply.h"
#include "smtp_text.h"

struct job {
	struct smtp_options options;
	const char *password, *from, *envid, *body_file;
	int count, threads, size, pause_ms, pause_after, cut_after_ms, refuse_dot, probe, quiet,
		keep_going;
	char **addresses;
	struct transport *transport;
	atomic_int next, answered, taken, sessions, faults, dots;
	pthread_mutex_t print;
};

struct worker {
	struct job *job;
	struct session_fd fd;
	struct mail mail;
	struct buf bytes;
	char to[300], envid[64];
	int number;
	_Atomic int64_t handed_ms;
	bool dot;
};

/* What the DNS calls the host instead of what the options call it; NULL = what it says. */
static const char *canonical;

/* In the place of the C library's, which is asked first. */
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		struct addrinfo **out)
{
	int (*ask)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	int r;

	*(void **)&ask = dlsym(RTLD_NEXT, "getaddrinfo");
	r = ask(node, service, hints, out);
	if (r == 0 && canonical && (*out)->ai_canonname) {
		free((*out)->ai_canonname);
		(*out)->ai_canonname = strdup(canonical);
	}
	return r;
}

static bool password_copy(void *ctx, char *out, size_t size)
{
	const struct job *j = ctx;

	if (!j->password)
		return false;
	snprintf(out, size, "%s", j->password);
	return true;
}

static void message_fill(struct worker *w)
{
	const struct job *j = w->job;

	buf_reset(&w->bytes);
	buf_fmt(&w->bytes,
		"Message-ID: <m%d@driver.example>\r\nDate: Fri, 14 Mar 2025 18:00:00 +0300\r\n"
		"From: Sender <sender@driver.example>\r\nTo: <%s>\r\nSubject: n %d\r\n\r\n",
		w->number, w->to, w->number);
	buf_str(&w->bytes, ".a line that begins with a dot\r\n");
	while (w->bytes.len < (size_t)j->size)
		buf_str(&w->bytes,
			"It rests by changing; it is tiring to toil at the same things.\r\n");
	buf_str(&w->bytes, "the end\r\n");
}

static struct mail *next(void *ctx)
{
	struct worker *w = ctx;
	struct job *j = w->job;

	if (j->pause_ms && atomic_load(&j->answered) == j->pause_after)
		usleep((useconds_t)j->pause_ms * 1000);
	w->number = atomic_fetch_add(&j->next, 1);
	if (w->number >= j->count)
		return NULL;
	if (j->addresses[0])
		snprintf(w->to, sizeof(w->to), "%s", j->addresses[w->number]);
	else
		snprintf(w->to, sizeof(w->to), "r%d@driver.example", w->number);
	snprintf(w->envid, sizeof(w->envid), "%s", j->envid ? j->envid : "");
	message_fill(w);
	w->mail = (struct mail){ .from = j->from,
				 .to = w->to,
				 .envid = j->envid ? w->envid : NULL,
				 .bytes = w->bytes.data,
				 .len = w->bytes.len };
	w->dot = false;
	atomic_store(&w->handed_ms, now_mono_ms());
	return &w->mail;
}

static bool dot(void *ctx, struct mail *mail)
{
	struct worker *w = ctx;

	(void)mail;
	if (w->dot)
		abort(); /* at most once a message */
	w->dot = true;
	atomic_fetch_add(&w->job->dots, 1);
	return w->number != w->job->refuse_dot;
}

static const char *const reaches[] = { "taken", "refused", "not_sent", "in_doubt" };

static void done(void *ctx, struct mail *mail, const struct mail_result *r)
{
	struct worker *w = ctx;
	struct smtp_reading reading = smtp_reply_read(&r->reply);
	char reason[SMTP_REASON_SIZE];
	json_t *line;

	if (mail != &w->mail || atomic_exchange(&w->handed_ms, 0) == 0)
		abort(); /* a result for something that is not under way */
	atomic_fetch_add(&w->job->answered, 1);
	atomic_fetch_add(&w->job->taken, r->reach == REACH_TAKEN);
	if (w->job->quiet)
		return;
	line = json_pack("{si ss ss ss? si ss ss ss sb sb si}", "i", w->number, "to", w->to,
			 "reach", reaches[r->reach], "code", r->code, "reply", r->reply.code,
			 "enhanced", r->reply.enhanced, "text", r->reply.text, "reason",
			 smtp_text_reason(&r->reply, reason), "route_fault", r->route_fault, "dot",
			 w->dot, "retry_after_ms", (int)reading.retry_after_ms);
	pthread_mutex_lock(&w->job->print);
	json_dumpf(line, stdout, JSON_COMPACT);
	puts("");
	fflush(stdout);
	pthread_mutex_unlock(&w->job->print);
	json_decref(line);
}

static void fault_print(struct job *j, const struct err *e)
{
	json_t *line = json_pack("{ss}", "fault", e->text);

	atomic_fetch_add(&j->faults, 1);
	pthread_mutex_lock(&j->print);
	json_dumpf(line, stdout, JSON_COMPACT);
	puts("");
	pthread_mutex_unlock(&j->print);
	json_decref(line);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	struct job *j = w->job;
	struct feed feed = { .ctx = w, .next = next, .dot = dot, .done = done };
	struct err e = { "" };
	int r = OK;

	session_fd_use(&w->fd);
	if (j->probe) {
		if (j->transport->probe(j->transport, &e) != OK)
			fault_print(j, &e);
		return NULL;
	}
	while ((r == OK || j->keep_going) && atomic_load(&j->next) < j->count) {
		atomic_fetch_add(&j->sessions, 1);
		r = j->transport->session(j->transport, &feed, &e);
		if (r != OK)
			fault_print(j, &e);
	}
	return NULL;
}

/* The loop's part: ends what takes longer than --cut-after-ms. */
static void watch(struct job *j, struct worker *w, atomic_bool *stop)
{
	while (!atomic_load(stop)) {
		for (int i = 0; i < j->threads; i++) {
			int64_t since = atomic_load(&w[i].handed_ms);

			if (since && now_mono_ms() - since >= j->cut_after_ms)
				session_fd_cut(&w[i].fd);
		}
		usleep(5000);
	}
}

struct watcher {
	struct job *job;
	struct worker *workers;
	atomic_bool stop;
};

static void *watch_main(void *arg)
{
	struct watcher *x = arg;

	watch(x->job, x->workers, &x->stop);
	return NULL;
}

static void run(struct job *j)
{
	struct worker *w = xcalloc((size_t)j->threads, sizeof(*w));
	pthread_t *threads = xcalloc((size_t)j->threads, sizeof(*threads)), watcher;
	struct watcher x = { .job = j, .workers = w };

	for (int i = 0; i < j->threads; i++) {
		w[i] = (struct worker){ .job = j, .bytes = BUF_INIT(64 << 20) };
		pthread_create(&threads[i], NULL, work, &w[i]);
	}
	if (j->cut_after_ms)
		pthread_create(&watcher, NULL, watch_main, &x);
	for (int i = 0; i < j->threads; i++)
		pthread_join(threads[i], NULL);
	atomic_store(&x.stop, true);
	if (j->cut_after_ms)
		pthread_join(watcher, NULL);
	for (int i = 0; i < j->threads; i++)
		buf_clear(&w[i].bytes);
	free(threads);
	free(w);
}

static int number(const char *s)
{
	return (int)strtol(s, NULL, 10);
}

static enum smtp_tls_mode tls_mode(const char *s)
{
	if (strcmp(s, "off") == 0)
		return SMTP_TLS_OFF;
	return strcmp(s, "required") == 0 ? SMTP_TLS_REQUIRED : SMTP_TLS_OPTIONAL_INSECURE;
}

enum {
	HOST,
	PORT,
	TLS,
	CA,
	USER,
	PASSWORD,
	HELO,
	CONNECT_MS,
	COMMAND_MS,
	DATA_MS,
	MAX_MESSAGES,
	MAX_AGE_MS,
	FROM,
	ENVID,
	COUNT,
	THREADS,
	SIZE,
	PAUSE_MS,
	PAUSE_AFTER,
	CUT_MS,
	REFUSE_DOT,
	PROBE,
	QUIET,
	KEEP_GOING,
	CANONICAL,
	CURL,
	IMPLICIT,
	TLS13
};

static const struct option flags[] = {
	{ "host", 1, NULL, HOST },
	{ "port", 1, NULL, PORT },
	{ "tls", 1, NULL, TLS },
	{ "ca", 1, NULL, CA },
	{ "user", 1, NULL, USER },
	{ "password", 1, NULL, PASSWORD },
	{ "helo", 1, NULL, HELO },
	{ "connect-ms", 1, NULL, CONNECT_MS },
	{ "command-ms", 1, NULL, COMMAND_MS },
	{ "data-ms", 1, NULL, DATA_MS },
	{ "max-messages", 1, NULL, MAX_MESSAGES },
	{ "max-age-ms", 1, NULL, MAX_AGE_MS },
	{ "from", 1, NULL, FROM },
	{ "envid", 1, NULL, ENVID },
	{ "count", 1, NULL, COUNT },
	{ "threads", 1, NULL, THREADS },
	{ "size", 1, NULL, SIZE },
	{ "pause-ms", 1, NULL, PAUSE_MS },
	{ "pause-after", 1, NULL, PAUSE_AFTER },
	{ "cut-after-ms", 1, NULL, CUT_MS },
	{ "refuse-dot", 1, NULL, REFUSE_DOT },
	{ "probe", 0, NULL, PROBE },
	{ "quiet", 0, NULL, QUIET },
	{ "keep-going", 0, NULL, KEEP_GOING },
	{ "canonical", 1, NULL, CANONICAL },
	{ "curl", 0, NULL, CURL },
	{ "implicit", 0, NULL, IMPLICIT },
	{ "tls13", 0, NULL, TLS13 },
	{ 0 },
};

static void arguments(struct job *j, int argc, char **argv)
{
	struct smtp_options *o = &j->options;
	const char **strings[] = {
		[HOST] = &o->host,	   [CA] = &o->ca_file,	     [USER] = &o->username,
		[PASSWORD] = &j->password, [HELO] = &o->helo,	     [FROM] = &j->from,
		[ENVID] = &j->envid,	   [CANONICAL] = &canonical, [TLS13] = NULL
	};
	int *ints[] = { [CONNECT_MS] = &o->connect_timeout_ms,
			[COMMAND_MS] = &o->command_timeout_ms,
			[DATA_MS] = &o->data_timeout_ms,
			[MAX_MESSAGES] = &o->max_messages,
			[MAX_AGE_MS] = &o->max_age_ms,
			[COUNT] = &j->count,
			[THREADS] = &j->threads,
			[SIZE] = &j->size,
			[PAUSE_MS] = &j->pause_ms,
			[PAUSE_AFTER] = &j->pause_after,
			[CUT_MS] = &j->cut_after_ms,
			[REFUSE_DOT] = &j->refuse_dot,
			[PROBE] = &j->probe,
			[QUIET] = &j->quiet,
			[KEEP_GOING] = &j->keep_going };
	int c;

	while ((c = getopt_long(argc, argv, "", flags, NULL)) != -1) {
		if (c == '?')
			exit(2);
		if (c == PORT)
			o->port = (uint16_t)number(optarg);
		else if (c == CURL)
			o->by_curl = true;
		else if (c == IMPLICIT)
			o->implicit_tls = true;
		else if (c == TLS13)
			o->tls_13 = true;
		else if (c == TLS)
			o->tls = tls_mode(optarg);
		else if (strings[c])
			*strings[c] = optarg;
		else
			*ints[c] = optarg ? number(optarg) : 1;
	}
	j->addresses = argv + optind;
	if (argc > optind)
		j->count = argc - optind;
}

int main(int argc, char **argv)
{
	struct job j = { .options = { .host = "127.0.0.1", .tls = SMTP_TLS_OFF },
			 .from = "sender@driver.example",
			 .count = 1,
			 .threads = 1,
			 .pause_after = -1,
			 .refuse_dot = -1,
			 .print = PTHREAD_MUTEX_INITIALIZER };
	struct err e = { "" };
	int64_t from_ms;

	arguments(&j, argc, argv);
	j.options.password = password_copy;
	j.options.password_ctx = &j;
	if (smtp_transport_new(&j.transport, &j.options, &e) != OK) {
		fprintf(stderr, "%s\n", e.text);
		return 78;
	}
	from_ms = now_mono_ms();
	run(&j);
	printf("{\"end\":true,\"answered\":%d,\"taken\":%d,\"sessions\":%d,\"faults\":%d,\"dots\":%"
	       "d,"
	       "\"ms\":%lld}\n",
	       j.answered, j.taken, j.sessions, j.faults, j.dots,
	       (long long)(now_mono_ms() - from_ms));
	j.transport->free(j.transport);
	return 0;
}
