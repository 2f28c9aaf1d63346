/*
 * delaysink - an SMTP server that takes everything over, late: replies wait a given time first.
 *
 *   delaysink [--final MS | --every MS]
 *
 * --final delays the reply to the end of the data, as a relay does that writes to disk; --every
 * delays each reply, as distance does (delay.h). Replies to commands that came in one segment leave
 * in one. It parses as little as it can.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "delay.h"

#define READ_BYTES 65536
#define LINE_MAX_BYTES 2048
#define OUT_MAX_BYTES 1024

struct conn {
	struct delay_conn base;
	bool in_data, closing;
	unsigned matched; /* characters of the end of the data seen */
	size_t len, out_len;
	char line[LINE_MAX_BYTES], out[OUT_MAX_BYTES];
};

static int64_t final_us, every_us;

/* A few dozen bytes always fit into the socket's buffer. False: the connection is gone. */
static bool flush(struct delay_conn *base)
{
	struct conn *c = (struct conn *)base;
	bool ok = write(base->fd, c->out, c->out_len) == (ssize_t)c->out_len && !c->closing;

	c->out_len = 0;
	return ok;
}

static void say(struct conn *c, const char *text)
{
	size_t n = strlen(text);

	if (c->out_len + n > sizeof(c->out))
		errx(1, "a client that does not wait for replies");
	memcpy(c->out + c->out_len, text, n);
	c->out_len += n;
}

static void on_command(struct conn *c)
{
	static const struct {
		const char *verb, *reply;
		bool data, quit;
	} replies[] = {
		{ .verb = "EHLO",
		  .reply = "250-delaysink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-"
			   "ENHANCEDSTATUSCODES\r\n250 DSN\r\n" },
		{ .verb = "DATA", .reply = "354 go on\r\n", .data = true },
		{ .verb = "QUIT", .reply = "221 2.0.0 bye\r\n", .quit = true },
		{ .verb = "", .reply = "250 2.0.0 ok\r\n" },
	};
	size_t i = 0;

	while (strncasecmp(c->line, replies[i].verb, strlen(replies[i].verb)) != 0)
		i++;
	say(c, replies[i].reply);
	c->closing = replies[i].quit;
	c->in_data = replies[i].data;
	c->matched = 2; /* as if a line had just ended */
}

/* Returns how many of the n bytes belong to the data; true in *ended: they end it. */
static size_t take_data(struct conn *c, const char *p, size_t n, bool *ended)
{
	static const char end[] = "\r\n.\r\n";

	for (size_t i = 0; i < n; i++) {
		if (p[i] == end[c->matched])
			c->matched++;
		else
			c->matched = p[i] == '\r';
		if (c->matched == sizeof(end) - 1) {
			*ended = true;
			return i + 1;
		}
	}
	return n;
}

static size_t take_line(struct conn *c, const char *p, size_t n)
{
	const char *lf = memchr(p, '\n', n);
	size_t take = lf ? (size_t)(lf - p) + 1 : n;

	if (c->len + take >= sizeof(c->line))
		errx(1, "a command line of more than %d bytes", LINE_MAX_BYTES);
	memcpy(c->line + c->len, p, take);
	c->len += take;
	c->line[c->len] = '\0';
	if (lf) {
		on_command(c);
		c->len = 0;
	}
	return take;
}

static void on_bytes(struct conn *c, const char *p, size_t n)
{
	int64_t delay_us = every_us;

	while (n > 0) {
		bool ended = false;
		size_t took = c->in_data ? take_data(c, p, n, &ended) : take_line(c, p, n);

		if (ended) {
			c->in_data = false;
			say(c, "250 2.0.0 taken\r\n");
			delay_us = every_us + final_us;
		}
		p += took;
		n -= took;
	}
	if (!c->out_len || c->base.due_us)
		return;
	if (delay_us)
		delay_answer(&c->base, delay_us);
	else if (!flush(&c->base))
		delay_leave(&c->base);
}

static void read_some(struct delay_conn *base)
{
	static char bytes[READ_BYTES];
	ssize_t n = read(base->fd, bytes, sizeof(bytes));

	if (n > 0)
		on_bytes((struct conn *)base, bytes, (size_t)n);
	else
		delay_leave(base);
}

static void greet(struct delay_conn *base)
{
	say((struct conn *)base, "220 delaysink ESMTP\r\n");
	if (every_us)
		delay_answer(base, every_us);
	else
		flush(base);
}

int main(int argc, char **argv)
{
	static const struct delay_protocol smtp = { sizeof(struct conn), greet, read_some, flush };

	for (int i = 1; i + 1 < argc; i += 2) {
		int64_t *delay_us = !strcmp(argv[i], "--every") ? &every_us : &final_us;

		*delay_us = strtoll(argv[i + 1], NULL, 10) * 1000;
	}
	delay_serve(&smtp);
}
