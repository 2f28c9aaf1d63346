/*
 * delayhttp - an HTTP server that answers every request after a given time with {"id":"<number>"}.
 *
 *   delayhttp MS
 *
 * HTTP/1.1 with connections kept (delay.h). It parses as little as it can: the end of the head, and
 * how long the body is.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "delay.h"

#define REQUEST_MAX_BYTES 16384

struct conn {
	struct delay_conn base;
	size_t len;
	char request[REQUEST_MAX_BYTES + 1];
};

static int64_t delay_us;

static bool answer(struct delay_conn *base)
{
	static unsigned long answers;
	char text[160], body[48];
	int n = snprintf(body, sizeof(body), "{\"id\":\"%lu\"}", ++answers);

	n = snprintf(
		text, sizeof(text),
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		n, body);
	return write(base->fd, text, (size_t)n) == n;
}

/* A whole request is there: its length; else 0. */
static size_t whole(const struct conn *c)
{
	const char *end = strstr(c->request, "\r\n\r\n");
	const char *length = end ? strcasestr(c->request, "\r\ncontent-length:") : NULL;
	size_t head = end ? (size_t)(end - c->request) + 4 : 0, body = 0;

	if (length && length < end)
		body = strtoul(length + 17, NULL, 10);
	return end && c->len >= head + body ? head + body : 0;
}

static void read_some(struct delay_conn *base)
{
	struct conn *c = (struct conn *)base;
	ssize_t n = read(base->fd, c->request + c->len, REQUEST_MAX_BYTES - c->len);

	if (n <= 0) {
		delay_leave(base);
		return;
	}
	c->len += (size_t)n;
	c->request[c->len] = '\0';
	if (!whole(c))
		return;
	c->len = 0; /* nobody here sends before the answer has come */
	delay_answer(base, delay_us);
}

int main(int argc, char **argv)
{
	static const struct delay_protocol http = { .conn_size = sizeof(struct conn),
						    .read = read_some,
						    .answer = answer };

	if (argc != 2)
		errx(64, "usage: delayhttp MS");
	delay_us = strtoll(argv[1], NULL, 10) * 1000;
	delay_serve(&http);
}
