#include "http_front.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http_address.h"
#include "http_stream_priv.h"
#include "mem.h"
#include "now.h"

#define STACK_BYTES ((size_t)1 << 20)
#define HEADER_MAX_BYTES 8192
#define LOOK_MS 10 /* between two looks whether all are answered */
#define LOOKS 3	   /* that found nobody: what had been sent already would have been heard */

struct http_front {
	struct MHD_Daemon *daemon;
	struct http_front_options o;
	_Atomic size_t bodies_bytes; /* held by all requests */
	_Atomic size_t under_way;    /* requests that have begun and not ended */
	_Atomic bool leaving;
	int listener; /* from when it leaves; -1 = the daemon's */
};

/* A request that is coming in. */
struct coming {
	struct http_request q;
	char *target, *query;
	bool begun;
	struct buf body;
	size_t body_max, counted; /* counted: of the front's bodies_bytes */
	int64_t began_ms;
	unsigned refused; /* a status: answered by it once its body has passed by */
};

/* ---- what is asked of a request ---- */

const char *http_header(const struct http_request *q, const char *name)
{
	return MHD_lookup_connection_value(q->connection, MHD_HEADER_KIND, name);
}

struct sought {
	const char *name, *value;
};

static enum MHD_Result take_last(void *ctx, enum MHD_ValueKind kind, const char *name,
				 const char *value)
{
	struct sought *sought = ctx;

	(void)kind;
	if (!strcasecmp(name, sought->name))
		sought->value = value;
	return MHD_YES;
}

const char *http_header_last(const struct http_request *q, const char *name)
{
	struct sought sought = { name, NULL };

	MHD_get_connection_values(q->connection, MHD_HEADER_KIND, take_last, &sought);
	return sought.value;
}

const char *http_cookie(const struct http_request *q, const char *name)
{
	return MHD_lookup_connection_value(q->connection, MHD_COOKIE_KIND, name);
}

const char *http_query(const struct http_request *q, const char *name)
{
	const char *v = NULL;
	size_t len;

	if (MHD_lookup_connection_value_n(q->connection, MHD_GET_ARGUMENT_KIND, name, strlen(name),
					  &v, &len) != MHD_YES)
		return NULL;
	return v ? v : "";
}

bool http_unescape(char *s)
{
	return MHD_http_unescape(s) == strlen(s);
}

struct stranger {
	bool (*known)(const void *ctx, const char *name);
	const void *ctx;
	const char *found;
};

static enum MHD_Result look_at_name(void *ctx, enum MHD_ValueKind kind, const char *name,
				    const char *value)
{
	struct stranger *s = ctx;

	(void)kind;
	(void)value;
	if (!s->known(s->ctx, name))
		s->found = name;
	return s->found ? MHD_NO : MHD_YES;
}

const char *http_query_strange(const struct http_request *q,
			       bool (*known)(const void *ctx, const char *name), const void *ctx)
{
	struct stranger s = { .known = known, .ctx = ctx };

	MHD_get_connection_values(q->connection, MHD_GET_ARGUMENT_KIND, look_at_name, &s);
	return s.found;
}

void http_add_header(struct http_response *a, const char *name, const char *value)
{
	for (const unsigned char *p = (const unsigned char *)value; *p; p++)
		if (*p < ' ' || *p == 127)
			return;
	if (a->header_count == HTTP_FRONT_HEADERS_MAX || strlen(value) > HEADER_MAX_BYTES)
		return;
	a->headers[a->header_count].name = name;
	a->headers[a->header_count++].value = xstrdup(value);
}

static void peer_of(struct MHD_Connection *c, char out[HTTP_PEER_SIZE])
{
	const union MHD_ConnectionInfo *i =
		MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	socklen_t len = 0;

	out[0] = '\0';
	if (i && i->client_addr)
		len = i->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
							    : sizeof(struct sockaddr_in);
	if (len)
		getnameinfo(i->client_addr, len, out, HTTP_PEER_SIZE, NULL, 0, NI_NUMERICHOST);
}

/* ---- what is answered ---- */

static struct MHD_Response *response_of(struct http_response *a, struct MHD_Connection *c)
{
	struct MHD_Response *r;

	if (a->stream)
		return http_stream_reply(a->stream, c);
	if (a->source.more)
		return http_source_reply(&a->source);
	if (a->fixed)
		r = MHD_create_response_from_buffer(a->fixed_len, (void *)a->fixed,
						    MHD_RESPMEM_PERSISTENT);
	else {
		size_t len = a->body.len;

		r = MHD_create_response_from_buffer(len, buf_take(&a->body), MHD_RESPMEM_MUST_FREE);
	}
	if (!r)
		abort(); /* out of memory */
	return r;
}

static enum MHD_Result reply(const struct http_front *f, struct MHD_Connection *connection,
			     struct http_response *a)
{
	struct MHD_Response *r = response_of(a, connection);
	enum MHD_Result sent;

	if (atomic_load(&f->leaving))
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
	if (a->type)
		MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, a->type);
	for (size_t i = 0; i < a->header_count; i++) {
		MHD_add_response_header(r, a->headers[i].name, a->headers[i].value);
		free(a->headers[i].value);
	}
	sent = MHD_queue_response(connection, a->status, r);
	MHD_destroy_response(r);
	buf_clear(&a->body);
	return sent;
}

#define RESPONSE_INIT                                                                              \
	{                                                                                          \
		.status = MHD_HTTP_OK, .type = "text/plain; charset=utf-8",                        \
		.body = BUF_INIT(HTTP_FRONT_REPLY_MAX_BYTES)                                       \
	}

static enum MHD_Result refuse(struct http_front *f, struct MHD_Connection *c, unsigned status)
{
	struct http_response a = RESPONSE_INIT;

	f->o.refuse(f->o.ctx, status, &a);
	a.status = status;
	return reply(f, c, &a);
}

/* ---- a request, as it comes ---- */

static enum MHD_Result begin(struct http_front *f, struct MHD_Connection *c, struct coming *in)
{
	struct http_response a = RESPONSE_INIT;
	const char *length = http_header(&in->q, MHD_HTTP_HEADER_CONTENT_LENGTH);

	in->q.body = "";
	peer_of(c, in->q.peer);
	in->began_ms = now_mono_ms();
	if (f->o.begin(f->o.ctx, &in->q, &a, &in->body_max))
		return reply(f, c, &a);
	buf_clear(&a.body);
	in->body.max = in->body_max;
	if (length && strtoull(length, NULL, 10) > in->body_max)
		return refuse(f, c, MHD_HTTP_CONTENT_TOO_LARGE);
	return MHD_YES;
}

/* A body that is refused on its way is read to its end and dropped: the other side is still
   writing, and would see a broken connection instead of the answer. */
static void take_body(struct http_front *f, struct coming *in, const char *bytes, size_t n)
{
	if (in->refused)
		return;
	if (in->body.len + n > in->body_max)
		in->refused = MHD_HTTP_CONTENT_TOO_LARGE;
	else if (atomic_fetch_add(&f->bodies_bytes, n) + n > HTTP_FRONT_BODIES_MAX_BYTES)
		in->refused = MHD_HTTP_SERVICE_UNAVAILABLE;
	else
		buf_add(&in->body, bytes, n);
	if (in->refused != MHD_HTTP_CONTENT_TOO_LARGE)
		in->counted += n;
}

static enum MHD_Result finish(struct http_front *f, struct MHD_Connection *c, struct coming *in)
{
	struct http_response a = RESPONSE_INIT;

	if (in->refused)
		return refuse(f, c, in->refused);
	in->q.body = in->body.data ? in->body.data : "";
	in->q.body_len = in->body.len;
	f->o.handle(f->o.ctx, &in->q, &a);
	return reply(f, c, &a);
}

/* The request line, before anything is decoded: where a request begins. */
static void *on_line(void *ctx, const char *uri, struct MHD_Connection *c)
{
	struct coming *in = xcalloc(1, sizeof(*in));
	const char *query = strchr(uri, '?');
	struct http_front *f = ctx;

	(void)c;
	f->under_way++;
	in->query = xstrdup(query ? query + 1 : "");
	in->target = xstrndup(uri, strcspn(uri, "?"));
	return in;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *path,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_len, void **state)
{
	struct http_front *f = ctx;
	struct coming *in = *state;

	(void)version;
	if (!in->begun) {
		in->begun = true;
		in->q = (struct http_request){ .method = method,
					       .path = path,
					       .target = in->target,
					       .query = in->query,
					       .connection = c };
		return begin(f, c, in);
	}
	if (now_mono_ms() - in->began_ms > HTTP_FRONT_BODY_S * 1000)
		return MHD_NO; /* the connection ends here */
	in->q.method = method;
	in->q.path = path;
	if (!*upload_len)
		return finish(f, c, in);
	take_body(f, in, upload, *upload_len);
	*upload_len = 0;
	return MHD_YES;
}

static void on_end(void *ctx, struct MHD_Connection *c, void **state,
		   enum MHD_RequestTerminationCode why)
{
	struct http_front *f = ctx;
	struct coming *in = *state;

	(void)c;
	(void)why;
	if (!in)
		return;
	if (f->o.end)
		f->o.end(f->o.ctx, in->q.user);
	atomic_fetch_sub(&f->bodies_bytes, in->counted);
	buf_clear(&in->body);
	free(in->query);
	free(in->target);
	free(in);
	*state = NULL;
	f->under_way--;
}

/* ---- the listener ---- */

/* Port reuse is not asked for: a second process on the same port must fail, not share. */
static struct MHD_Daemon *start(struct http_front *f, struct addrinfo *a)
{
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_ALLOW_SUSPEND_RESUME;
	struct MHD_OptionItem options[] = {
		{ MHD_OPTION_SOCK_ADDR, 0, a->ai_addr },
		{ MHD_OPTION_CONNECTION_LIMIT, f->o.connections_max, NULL },
		{ MHD_OPTION_CONNECTION_TIMEOUT, f->o.idle_s, NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, HTTP_FRONT_HEAD_MAX_BYTES, NULL },
		{ MHD_OPTION_THREAD_STACK_SIZE, STACK_BYTES, NULL },
		{ MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_line, f },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_end, f },
		{ f->o.threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, f->o.threads,
		  NULL },
		{ MHD_OPTION_END, 0, NULL },
	};

	if (a->ai_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	return MHD_start_daemon(flags, 0, NULL, NULL, on_request, f, MHD_OPTION_ARRAY, options,
				MHD_OPTION_END);
}

int http_front_open(struct http_front **out, const struct http_front_options *o, struct err *e)
{
	struct addrinfo *address;
	struct http_front *f;
	int r = http_address(o->listen, &address, e);

	if (r < 0)
		return r;
	f = xcalloc(1, sizeof(*f));
	f->o = *o;
	f->listener = -1;
	errno = 0;
	f->daemon = start(f, address);
	freeaddrinfo(address);
	if (!f->daemon) {
		free(f);
		return err_set(e, ERR_FATAL, "cannot listen on %.60s: %s", o->listen,
			       strerror(errno));
	}
	*out = f;
	return OK;
}

uint16_t http_front_port(const struct http_front *f)
{
	return MHD_get_daemon_info(f->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

/* The socket is the daemon's until that has ended. Shut, so that nobody waits behind it. */
void http_front_leave(struct http_front *f)
{
	if (!f || atomic_exchange(&f->leaving, true))
		return;
	f->listener = MHD_quiesce_daemon(f->daemon);
	if (f->listener >= 0)
		shutdown(f->listener, SHUT_RDWR);
}

static void await_answers(const struct http_front *f)
{
	int64_t until_ms = now_mono_ms() + HTTP_FRONT_LEAVE_MS;

	for (int looks = 0; looks < LOOKS && now_mono_ms() < until_ms; looks++) {
		poll(NULL, 0, LOOK_MS);
		if (atomic_load(&f->under_way))
			looks = -1;
	}
}

void http_front_close(struct http_front *f)
{
	if (!f)
		return;
	http_front_leave(f);
	await_answers(f);
	MHD_stop_daemon(f->daemon);
	if (f->listener >= 0)
		close(f->listener);
	free(f);
}
