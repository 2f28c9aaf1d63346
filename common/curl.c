#include "curl_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mem.h"
#include "now.h"
#include "thread.h"

#define EVENTS_MAX 64

struct curl_wire {
	struct curl_options o;
	CURLM *multi;
	int epoll_fd, wake_fd;
	int64_t due_ms; /* monotonic: when libcurl wants to be called; INT64_MAX = not */
	struct transfer *busy, *spare;
	size_t nbusy;
	size_t ended; /* of this run */
};

/* ---- what libcurl calls ---- */

static size_t take_body(char *bytes, size_t size, size_t n, void *ctx)
{
	struct transfer *t = ctx;

	buf_add(&t->body, bytes, size * n);
	return t->body.full ? 0 : size * n;
}

/* A second time would be libcurl's own repetition. */
static int before_request(void *ctx, char *to, char *from, int to_port, int from_port)
{
	struct transfer *t = ctx;

	(void)to, (void)from, (void)to_port, (void)from_port;
	if (t->begun || (t->request.begin && !t->request.begin(t->request.user_data)))
		return CURL_PREREQFUNC_ABORT;
	t->begun = true;
	return CURL_PREREQFUNC_OK;
}

static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *known)
{
	struct curl_wire *w = ctx;
	struct epoll_event ev = { .data.fd = fd };

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, fd, NULL); /* closed ones are gone already */
		return 0;
	}
	ev.events = (what & CURL_POLL_IN ? EPOLLIN : 0u) | (what & CURL_POLL_OUT ? EPOLLOUT : 0u);
	if (epoll_ctl(w->epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &ev) < 0)
		epoll_ctl(w->epoll_fd, known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &ev);
	curl_multi_assign(w->multi, fd, w);
	return 0;
}

static int set_timer(CURLM *multi, long ms, void *ctx)
{
	struct curl_wire *w = ctx;

	(void)multi;
	w->due_ms = ms < 0 ? INT64_MAX : now_mono_ms() + ms;
	return 0;
}

/* ---- one request ---- */

static struct transfer *transfer_new(struct curl_wire *w)
{
	struct transfer *t = xcalloc(1, sizeof(*t));

	t->wire = w;
	t->o = &w->o;
	t->body.max = CURL_ANSWER_MAX_BYTES;
	if (!(t->easy = curl_easy_init()))
		abort();
	curl_set_up(t->easy, &w->o);
	curl_easy_setopt(t->easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, curl_open_socket);
	curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, before_request);
	curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
	return t;
}

static void transfer_free(struct transfer *t)
{
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	buf_clear(&t->body);
	free(t);
}

void curl_wire_add(struct curl_wire *w, const struct curl_request *r)
{
	struct transfer *t = w->spare;

	assert(r->nheaders <= CURL_HEADERS_MAX);
	if (t)
		w->spare = t->next;
	else
		t = transfer_new(w);
	t->request = *r;
	t->begun = t->refused = false;
	buf_reset(&t->body);
	curl_set_request(t);
	t->prev = NULL;
	if ((t->next = w->busy))
		t->next->prev = t;
	w->busy = t;
	w->nbusy++;
	if (curl_multi_add_handle(w->multi, t->easy) != CURLM_OK)
		abort();
}

/* ---- its end ---- */

static void describe(struct transfer *t, CURLcode code, struct curl_answer *a)
{
	curl_off_t retry_s = 0;
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &retry_s);
	if (retry_s > CURL_RETRY_AFTER_MAX_S)
		retry_s = CURL_RETRY_AFTER_MAX_S;
	*a = (struct curl_answer){
		.begun = t->begun,
		.whole = t->begun && code == CURLE_OK,
		.status = t->begun ? (int)status : 0,
		.body = t->body.data ? t->body.data : "",
		.len = t->body.len,
		.retry_after_ms = (int64_t)retry_s * 1000,
	};
	if (!t->begun && code != CURLE_ABORTED_BY_CALLBACK)
		a->fault = curl_fault(code);
	if (t->refused)
		snprintf(a->text, sizeof(a->text), "an address that is not public");
	else if (t->body.full)
		snprintf(a->text, sizeof(a->text), "an answer over %zu bytes",
			 CURL_ANSWER_MAX_BYTES);
	else if (code != CURLE_OK)
		snprintf(a->text, sizeof(a->text), "%s", curl_easy_strerror(code));
}

/* Out of the multi and the list; its memory waits for the next one. */
static void end(struct transfer *t, CURLcode code)
{
	struct curl_wire *w = t->wire;
	struct curl_answer a;

	curl_multi_remove_handle(w->multi, t->easy);
	describe(t, code, &a);
	*(t->prev ? &t->prev->next : &w->busy) = t->next;
	if (t->next)
		t->next->prev = t->prev;
	w->nbusy--;
	w->ended++;
	t->request.done(t->request.user_data, &a);
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(t->headers);
	t->headers = NULL;
	t->next = w->spare;
	w->spare = t;
}

static void take_ended(struct curl_wire *w)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(w->multi, &left))) {
		struct transfer *t;
		CURLcode code = m->data.result;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&t);
		end(t, code);
	}
}

/* ---- the wire ---- */

struct curl_wire *curl_wire_new(const struct curl_options *o)
{
	struct curl_wire *w = xcalloc(1, sizeof(*w));
	struct epoll_event ev = { .events = EPOLLIN };

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		abort();
	w->o = *o;
	w->due_ms = INT64_MAX;
	w->multi = curl_multi_init();
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	w->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!w->multi || w->epoll_fd < 0 || w->wake_fd < 0)
		abort();
	ev.data.fd = w->wake_fd;
	epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, w->wake_fd, &ev);
	curl_multi_setopt(w->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(w->multi, CURLMOPT_SOCKETDATA, w);
	curl_multi_setopt(w->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(w->multi, CURLMOPT_TIMERDATA, w);
	curl_multi_setopt(w->multi, CURLMOPT_MAXCONNECTS, (long)o->connections);
	return w;
}

void curl_wire_cut(struct curl_wire *w)
{
	while (w->busy)
		end(w->busy, w->busy->begun ? CURLE_GOT_NOTHING : CURLE_COULDNT_CONNECT);
}

void curl_wire_free(struct curl_wire *w)
{
	if (!w)
		return;
	curl_wire_cut(w);
	for (struct transfer *t = w->spare, *next; t; t = next) {
		next = t->next;
		transfer_free(t);
	}
	curl_multi_cleanup(w->multi);
	close(w->epoll_fd);
	close(w->wake_fd);
	curl_global_cleanup();
	free(w);
}

size_t curl_wire_busy(const struct curl_wire *w)
{
	return w->nbusy;
}

static void act(struct curl_wire *w, const struct epoll_event *ev)
{
	unsigned mask = (ev->events & EPOLLIN ? CURL_CSELECT_IN : 0u) |
			(ev->events & EPOLLOUT ? CURL_CSELECT_OUT : 0u) |
			(ev->events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0u);
	int running;

	curl_multi_socket_action(w->multi, ev->data.fd, (int)mask, &running);
}

/* True: somebody wants to be heard. */
static bool wait_once(struct curl_wire *w, int64_t ms)
{
	struct epoll_event events[EVENTS_MAX];
	int64_t due = w->due_ms == INT64_MAX ? ms : w->due_ms - now_mono_ms();
	bool woken = false;
	int n, running;

	ms = due < ms ? due : ms;
	n = epoll_wait(w->epoll_fd, events, EVENTS_MAX, ms > 0 ? (int)ms : 0);
	for (int i = 0; i < n; i++) {
		uint64_t count;

		if (events[i].data.fd != w->wake_fd)
			act(w, &events[i]);
		else
			woken = read(w->wake_fd, &count, sizeof(count)) > 0 || woken;
	}
	if (w->due_ms <= now_mono_ms()) {
		w->due_ms = INT64_MAX;
		curl_multi_socket_action(w->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	take_ended(w);
	return woken;
}

void curl_wire_run(struct curl_wire *w, int64_t ms)
{
	int64_t until = now_mono_ms() + ms, now;
	bool woken = false;

	w->ended = 0;
	while (!woken && !w->ended && (now = now_mono_ms()) <= until)
		woken = wait_once(w, until - now);
}

void curl_wire_wake(struct curl_wire *w)
{
	thread_wake(w->wake_fd);
}

void curl_ask(const struct curl_options *o, const struct curl_request *r)
{
	struct curl_wire *w = curl_wire_new(o);

	curl_wire_add(w, r);
	while (curl_wire_busy(w))
		curl_wire_run(w, r->timeout_ms);
	curl_wire_free(w);
}
