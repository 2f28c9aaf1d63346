/*
 * view_bench - how fast the view takes in what is told, and how fast it answers.
 *
 *   view_bench fold COUNT                    the pure fold, one thread: facts a second
 *   view_bench fill REDIS_URL PREFIX COUNT   outcomes of COUNT invites (queued, sent) from their
 *                                            bytes into Redis, in batches as the service takes them
 *   view_bench ask REDIS_URL PREFIX          the first page cold, then other questions, ms each
 *
 * Prints a JSON object.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crypto.h"
#include "guard.h"
#include "mem.h"
#include "now.h"
#include "redis.h"
#include "view_batch.h"
#include "view_format.h"
#include "view_query.h"

#define TENANT "acme"
#define REPEATS 20
#define VALUE_MAX 1024

static const char *const words[] = { "queued", "sent" };

/* An outcome as couriers and the dispatcher tell it, about 600 bytes. */
static size_t outcome(char out[VALUE_MAX], long long i, size_t w)
{
	return (size_t)snprintf(
		out, VALUE_MAX,
		"{\"tenant\":\"" TENANT
		"\",\"invite\":\"i-%lld\",\"kind\":\"invite\",\"generation\":1,"
		"\"delivery\":\"" TENANT "/i-%lld.1.email.0\",\"attempt\":{\"n\":1,\"max\":7},"
		"\"channel\":\"email\",\"word\":\"%s\",\"sequence\":[1,1,%d],\"request\":{"
		"\"source\":"
		"\"tests/bench\",\"id\":\"e-%lld\"},\"provider\":\"relay\",\"template\":{\"name\":"
		"\"invite\",\"version\":1,\"locale\":\"en\",\"sha256\":\"0123456789abcdef\"},"
		"\"recipient_masked\":\"a***@e***.com\",\"recipient_hash\":\"h%lld\",\"expires_"
		"at\":"
		"\"2026-11-30T00:00:00.000Z\",\"timings\":{\"queue_ms\":1,\"total_ms\":9},\"role\":"
		"\"Role %lld\",\"batch\":{\"id\":\"b%lld\",\"row\":%lld}}",
		i, i, words[w], w ? 4 : 1, i, i, i % 7, i / 10000, i % 10000);
}

static struct record record(const char *value, size_t len, const struct header *id, long long i)
{
	return (struct record){ .value = value,
				.value_len = len,
				.timestamp_ms = 1795000000000 + i,
				.headers = id,
				.header_count = 1 };
}

/* ---- the pure fold ---- */

static int fold(long long count)
{
	static struct fact facts[2];
	char value[VALUE_MAX];
	int64_t began_ms, took_ms;
	struct err e;

	for (size_t w = 0; w < 2; w++) {
		struct record r = record(value, outcome(value, 1, w), NULL, 1);

		r.header_count = 0;
		if (fact_read_whole(&r, &facts[w], &e) < 0)
			return 1;
	}
	began_ms = now_mono_ms();
	for (long long i = 0; i < count / 2; i++) {
		struct state s = { 0 };

		state_fold(&s, &facts[i % 2]);
		state_fold(&s, &facts[1 - i % 2]);
		state_clear(&s);
	}
	took_ms = now_mono_ms() - began_ms;
	printf("{\"folds_s\": %lld}\n", (long long)(count * 1000 / (took_ms ? took_ms : 1)));
	return 0;
}

/* ---- into Redis ---- */

static struct guard *open_guard(const char *url, const char *prefix)
{
	struct guard_options o = { .redis_url = url,
				   .prefix = prefix,
				   .client_name = "bench",
				   .timeout_ms = 5000,
				   .event_memory_s = 1000,
				   .delivery_memory_s = 1000 };
	struct guard *g;
	bool created;
	struct err e;

	if (guard_new(&g, &o, &e) < 0 || guard_init_epoch(g, &created, &e) < 0 ||
	    guard_ready(g, &e) < 0) {
		fprintf(stderr, "view_bench: %s\n", e.text);
		exit(1);
	}
	return g;
}

static void keep(struct guard *g, const char *prefix, long long i)
{
	char key[160], kept[400];
	const char *argv[] = { "SET", key, kept };

	snprintf(key, sizeof(key), "%sr:" TENANT "/i-%lld", prefix, i);
	snprintf(
		kept, sizeof(kept),
		"{\"tenant\":\"" TENANT "\",\"invite\":\"i-%lld\",\"recipient\":{\"email\":"
		"\"person%lld@example.com\",\"name\":\"Person Number %lld\",\"locale\":\"en\"},"
		"\"inviter\":{\"id\":\"u-1\",\"name\":\"Olga Petrova\"},\"organisation\":{\"name\":"
		"\"Example Works\"},\"role\":\"Role %lld\"}",
		i, i * 7919 % 1000003, i, i % 7);
	redis_add(guard_redis(g), 3, argv, NULL);
}

static double cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void take(struct view_batch *b, long long i, size_t w)
{
	char value[VALUE_MAX], text[32];
	struct header id = {
		"ce_id", text, (size_t)snprintf(text, sizeof(text), "%026lld", 2 * i + (long long)w)
	};
	struct record r = record(value, outcome(value, i, w), &id, i);

	view_batch_take(b, &r, false);
}

static void must(int r, const struct err *e)
{
	if (r == OK)
		return;
	fprintf(stderr, "view_bench: %s\n", e->text);
	exit(1);
}

/* As the service does: while Redis writes one batch the next is taken. */
struct writing {
	struct view_batch taken, written;
	bool under_way;
};

static void hear(struct guard *g, struct writing *w)
{
	struct err e = { "" };

	if (w->under_way)
		must(view_batch_hear(&w->written, g, &e), &e);
	view_batch_clear(&w->written);
	w->under_way = false;
}

static void hand_over(struct guard *g, struct writing *w)
{
	struct err e = { "" };

	hear(g, w);
	w->written = w->taken;
	w->taken = (struct view_batch){ 0 };
	w->under_way = true;
	must(view_batch_send(&w->written, g, &e), &e);
}

/* Invites are queued a few thousand at a time before they are sent, so that no batch holds both
   words of one. */
static int fill(const char *url, const char *prefix, long long count)
{
	struct guard *g = open_guard(url, prefix);
	struct writing b = { 0 };
	int64_t began_ms, took_ms = 0;
	double cpu = 0;
	struct err e = { "" };
	bool anew;

	must(view_format_ready(g, &anew, &e),
	     &e); /* or beckon-status takes it for another version's */
	for (long long from = 0; from < count; from += 4096) {
		long long to = from + 4096 < count ? from + 4096 : count;

		for (long long i = from; i < to; i++)
			keep(g, prefix, i);
		if (redis_run(guard_redis(g), &e) < 0)
			return 1;
		began_ms = now_mono_ms();
		cpu -= cpu_s();
		for (size_t w = 0; w < 2; w++)
			for (long long i = from; i < to; i++) {
				take(&b.taken, i, w);
				if (b.taken.ntold == VIEW_BATCH_MAX)
					hand_over(g, &b);
			}
		hand_over(g, &b);
		hear(g, &b);
		took_ms += now_mono_ms() - began_ms;
		cpu += cpu_s();
	}
	printf("{\"outcomes_s\": %lld, \"cpu_us\": %.2f}\n",
	       (long long)(2 * count * 1000 / (took_ms ? took_ms : 1)),
	       cpu * 1e6 / (double)(2 * count));
	guard_free(g);
	return 0;
}

/* ---- questions ---- */

static double ask(struct view_sheets *s, struct guard *g, struct view_query q, int times)
{
	int64_t began_ms = now_mono_ms();
	struct view_page page;
	struct err e;

	q.filter.tenant = TENANT;
	for (int i = 0; i < times; i++) {
		if (view_list(s, g, &q, &page, &e) < 0) {
			fprintf(stderr, "view_bench: %s\n", e.text);
			exit(1);
		}
		view_page_clear(&page);
	}
	return (double)(now_mono_ms() - began_ms) / times;
}

static double rss_mb(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long pages = 0;

	if (f && fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static int ask_all(const char *url, const char *prefix)
{
	struct guard *g = open_guard(url, prefix);
	struct view_sheets *s = view_sheets_new(0);
	double before = rss_mb(), cpu = cpu_s();

	printf("{\"cold_ms\": %.1f", ask(s, g, (struct view_query){ .limit = 50 }, 1));
	printf(", \"cold_cpu_ms\": %.1f", (cpu_s() - cpu) * 1000);
	printf(", \"sheet_mb\": %.1f", rss_mb() - before);
	printf(", \"list_ms\": %.2f", ask(s, g, (struct view_query){ .limit = 50 }, REPEATS));
	printf(", \"filter_ms\": %.2f",
	       ask(s, g,
		   (struct view_query){ .filter.role = "role 3",
					.filter.statuses = VIEW_BIT(VIEW_INVITED) },
		   REPEATS));
	printf(", \"sort_ms\": %.2f",
	       ask(s, g, (struct view_query){ .sort = VIEW_BY_NAME, .ascending = true }, REPEATS));
	printf(", \"search_ms\": %.2f}\n",
	       ask(s, g, (struct view_query){ .filter.search = "person 4242" }, REPEATS));
	view_sheets_free(s);
	guard_free(g);
	return 0;
}

int main(int argc, char **argv)
{
	struct err e;

	if (crypto_init(&e) < 0)
		return 1;
	if (argc == 3 && !strcmp(argv[1], "fold"))
		return fold(atoll(argv[2]));
	if (argc == 5 && !strcmp(argv[1], "fill"))
		return fill(argv[2], argv[3], atoll(argv[4]));
	if (argc == 4 && !strcmp(argv[1], "ask"))
		return ask_all(argv[2], argv[3]);
	fprintf(stderr, "usage: view_bench fold COUNT | fill URL PREFIX COUNT | ask URL PREFIX\n");
	return 2;
}
