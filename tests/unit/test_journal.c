/* What a killed process had in flight is read back whole, and a file that is none of ours is left
 * alone. */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crypto.h"
#include "journal.h"
#include "mem.h"
#include "now.h"

struct place {
	char dir[64], file[128];
};

static int setup(void **state)
{
	struct place *p = xcalloc(1, sizeof(*p));

	snprintf(p->dir, sizeof(p->dir), "/tmp/beckon-journal-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	snprintf(p->file, sizeof(p->file), "%s/w.journal", p->dir);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;

	unsetenv("BECKON_BOOT_ID");
	unsetenv("BECKON_SKEW_MS");
	unlink(p->file);
	rmdir(p->dir);
	free(p);
	return 0;
}

static struct journal *open_or_fail(const struct place *p, size_t capacity)
{
	struct journal *j = NULL;
	struct err e;

	if (journal_open(&j, p->dir, "w", capacity, &e) < 0)
		fail_msg("%s", e.text);
	return j;
}

static const struct mail_result refused = { .reach = REACH_REFUSED,
					    .code = "mailbox_unknown",
					    .route_fault = false,
					    .reply = { 550, "5.1.1", "no such mailbox" } };

/* Runs `work` with an open journal in a child, which is killed when it is done. */
static void in_killed_child(const struct place *p, void (*work)(struct journal *j))
{
	int ready[2];
	char byte;

	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();

	if (pid == 0) {
		struct journal *j = NULL;

		if (journal_open(&j, p->dir, "w", 8, NULL) < 0)
			_exit(1);
		work(j);
		if (write(ready[1], "x", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* ---- the stages ---- */

static void work_stages(struct journal *j)
{
	int entry[6];

	for (int i = 0; i < 6; i++) {
		char delivery[32];

		snprintf(delivery, sizeof(delivery), "t/i%d.1.email.0", i);
		entry[i] = journal_take(j, delivery, 10 + i);
	}
	journal_dot(j, entry[1]);
	journal_dot(j, entry[2]);
	journal_reply(j, entry[2], &refused);
	journal_dot(j, entry[3]);
	journal_free_entry(j, entry[3]);
	journal_raise(j, entry[4], 99);
	journal_dot(j, entry[4]);
	journal_reply(j, entry[5],
		      &(struct mail_result){ .reach = REACH_NOT_SENT,
					     .route_fault = true,
					     .code = "connect_failed" });
}

static void test_stages(void **state)
{
	static const struct {
		const char *delivery;
		int64_t turn;
		enum journal_stage stage; /* FREE = nothing is found */
	} rows[] = {
		{ "t/i0.1.email.0", 10, JOURNAL_FREE }, /* claimed only */
		{ "t/i1.1.email.0", 11, JOURNAL_DOT },	/* in doubt */
		{ "t/i1.1.email.0", 12, JOURNAL_FREE }, /* another turn */
		{ "t/i2.1.email.0", 12, JOURNAL_REPLIED },
		{ "t/i3.1.email.0", 13, JOURNAL_FREE }, /* settled and freed */
		{ "t/i4.1.email.0", 14, JOURNAL_FREE }, /* its turn was raised ... */
		{ "t/i4.1.email.0", 99, JOURNAL_DOT },	/* ... to this one */
		{ "t/i5.1.email.0", 15, JOURNAL_REPLIED },
	};
	struct place *p = *state;

	in_killed_child(p, work_stages);
	struct journal *j = open_or_fail(p, 8);

	assert_int_equal(journal_former_count(j), 4);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct journal_entry *f = journal_former(j, rows[i].delivery, rows[i].turn);

		assert_int_equal(f ? f->stage : JOURNAL_FREE, rows[i].stage);
	}
	const struct mail_result *r = &journal_former(j, "t/i2.1.email.0", 12)->result;

	assert_int_equal(r->reach, REACH_REFUSED);
	assert_string_equal(r->code, "mailbox_unknown");
	assert_int_equal(r->reply.code, 550);
	assert_string_equal(r->reply.enhanced, "5.1.1");
	assert_string_equal(r->reply.text, "no such mailbox");
	assert_false(r->route_fault);
	assert_true(journal_former(j, "t/i5.1.email.0", 15)->result.route_fault);
	journal_close(j);
}

static void test_forget(void **state)
{
	struct place *p = *state;

	in_killed_child(p, work_stages);
	for (size_t left = 4; left >= 3;
	     left--) { /* what is not forgotten is there at every start */
		struct journal *j = open_or_fail(p, 8);

		assert_int_equal(journal_former_count(j), left);
		journal_forget(j, "t/i1.1.email.0", 11);
		journal_forget(j, "t/i1.1.email.0", 12);
		assert_null(journal_former(j, "t/i1.1.email.0", 11));
		assert_int_equal(journal_former_count(j), 3);
		journal_close(j);
	}
}

static void work_not_sent(struct journal *j)
{
	int entry = journal_take(j, "t/i1.1.email.0", 11);

	journal_dot(j, entry);
	journal_reply(j, entry, &(struct mail_result){ .reach = REACH_NOT_SENT });
}

static void work_dot(struct journal *j)
{
	journal_dot(j, journal_take(j, "t/i1.1.email.0", 11));
}

/* Two lives died with the same delivery in hand: "not sent" of the first is no leave to send again
   what the second may have sent. */
static void test_the_last_life_counts(void **state)
{
	struct place *p = *state;
	struct journal *j;

	in_killed_child(p, work_not_sent);
	in_killed_child(p, work_dot);
	j = open_or_fail(p, 8);
	assert_int_equal(journal_former_count(j), 2);
	assert_int_equal(journal_former(j, "t/i1.1.email.0", 11)->stage, JOURNAL_DOT);
	journal_forget(j, "t/i1.1.email.0", 11);
	assert_int_equal(journal_former_count(j), 0);
	journal_close(j);
}

/* A relay's reply may name the recipient. */
static void test_a_reply_does_not_stay(void **state)
{
	struct place *p = *state;
	struct journal *j = open_or_fail(p, 8);
	int entry = journal_take(j, "t/i1.1.email.0", 11);
	char file[8192];

	for (int answered = 1; answered >= 0; answered--) {
		FILE *f;
		size_t n;

		if (answered)
			journal_reply(j, entry, &refused);
		else
			journal_free_entry(j, entry);
		f = fopen(p->file, "re");
		assert_non_null(f);
		n = fread(file, 1, sizeof(file), f);
		fclose(f);
		assert_int_equal(memmem(file, n, refused.reply.text, strlen(refused.reply.text)) !=
					 NULL,
				 answered);
	}
	journal_close(j);
}

/* ---- the holder ---- */

static void test_holder(void **state)
{
	struct place *p = *state;
	int64_t began = now_ms();
	struct journal *j = open_or_fail(p, 4), *other = NULL;
	char id[32];
	struct err e;

	assert_int_equal(strlen(journal_id(j)), 22);
	snprintf(id, sizeof(id), "%s", journal_id(j));
	int64_t first = journal_incarnation(j);

	assert_true(first >= began);
	assert_int_equal(journal_open(&other, p->dir, "w", 4, &e), ERR_FATAL);
	assert_non_null(strstr(e.text, "another process holds it"));
	journal_close(j);

	setenv("BECKON_SKEW_MS", "-3600000", 1); /* the clock went back */
	j = open_or_fail(p, 4);
	assert_string_equal(journal_id(j), id);
	assert_int_equal(journal_incarnation(j), first + 1);
	journal_close(j);
}

static void test_another_boot(void **state)
{
	struct place *p = *state;
	char id[32];

	in_killed_child(p, work_stages);
	struct journal *j = open_or_fail(p, 8);

	snprintf(id, sizeof(id), "%s", journal_id(j));
	int64_t incarnation = journal_incarnation(j);

	journal_close(j);
	setenv("BECKON_BOOT_ID", "00000000-0000-0000-0000-000000000000", 1);
	for (int i = 0; i < 2; i++) { /* the second time it is the same holder again */
		j = open_or_fail(p, 8);
		assert_int_equal(journal_former_count(j), 0);
		assert_null(journal_former(j, "t/i1.1.email.0", 11));
		assert_int_equal(strcmp(journal_id(j), id) != 0, i == 0);
		assert_true(journal_incarnation(j) > incarnation);
		snprintf(id, sizeof(id), "%s", journal_id(j));
		incarnation = journal_incarnation(j);
		journal_close(j);
	}
}

/* ---- room ---- */

static void test_capacity(void **state)
{
	struct place *p = *state;
	int entry[8];

	in_killed_child(p, work_stages); /* four are left behind */
	struct journal *j = open_or_fail(p, 8);

	for (int i = 0; i < 8; i++)
		assert_true((entry[i] = journal_take(j, "t/x.1.email.0", i)) >= 0);
	assert_int_equal(journal_take(j, "t/x.1.email.0", 8), -1);
	journal_free_entry(j, -1);
	assert_int_equal(journal_take(j, "t/x.1.email.0", 8), -1);
	journal_free_entry(j, entry[3]);
	assert_int_equal(journal_take(j, "t/x.1.email.0", 8), entry[3]);
	assert_int_equal(journal_former(j, "t/i1.1.email.0", 11)->stage, JOURNAL_DOT);
	journal_close(j);
}

static void test_old_ones_go_where_room_is_short(void **state)
{
	struct place *p = *state;

	in_killed_child(p, work_stages);
	setenv("BECKON_SKEW_MS", "86500000", 1);
	struct journal *j = open_or_fail(p, 8);

	assert_int_equal(journal_former_count(j), 4);
	journal_close(j);
	j = open_or_fail(p, 3);
	assert_int_equal(journal_former_count(j), 0);
	journal_close(j);
}

static void test_grows(void **state)
{
	struct place *p = *state;
	struct stat st;

	in_killed_child(p, work_stages);
	for (size_t capacity = 8; capacity <= 512; capacity *= 8) {
		struct journal *j = open_or_fail(p, capacity);

		for (size_t i = 0; i < capacity; i++)
			assert_true(journal_take(j, "t/x.1.email.0", (int64_t)i) >= 0);
		assert_int_equal(journal_former_count(j), 4);
		journal_close(j);
	}
	assert_int_equal(stat(p->file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(st.st_blocks * 512 >= st.st_size); /* reserved: a store into it cannot fail */
}

/* ---- files that are not to be touched ---- */

static void put(const char *path, size_t at, const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_int_equal(pwrite(fd, bytes, n, (off_t)at), n);
	close(fd);
}

static void test_refused_files(void **state)
{
	static const struct {
		const char *what;
		size_t at, cut; /* where bytes are changed, or the file's new length */
		const char *bytes, *told;
	} rows[] = {
		{ "foreign", 0, 0, "PK\3\4....", "no journal" },
		{ "short", 0, 10, NULL, "no journal" },
		{ "newer version", 8, 0, "\x7f", "another version" },
		{ "changed id", 32, 0, "!", "damaged" },
		{ "cut", 0, 6000, NULL, "damaged" },
		{ "stage", 4096 + 512, 0, "\x77", "entry 1 is damaged" },
		{ "empty name", 4096 + 512 + 40, 0, "", "entry 1 is damaged" },
	};
	struct place *p = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct journal *j = NULL;
		struct stat before, after;
		struct err e;

		unlink(p->file);
		in_killed_child(p, work_stages);
		if (rows[i].bytes)
			put(p->file, rows[i].at, rows[i].bytes,
			    rows[i].bytes[0] ? strlen(rows[i].bytes) : 1);
		else
			assert_int_equal(truncate(p->file, (off_t)rows[i].cut), 0);
		stat(p->file, &before);
		assert_int_equal(journal_open(&j, p->dir, "w", 8, &e), ERR_FATAL);
		if (!strstr(e.text, rows[i].told))
			fail_msg("%s: %s", rows[i].what, e.text);
		stat(p->file, &after);
		assert_int_equal(before.st_size, after.st_size);
	}
}

static void test_no_directory(void **state)
{
	struct journal *j = NULL;
	struct err e;

	(void)state;
	assert_int_equal(journal_open(&j, "/nonexistent", "w", 8, &e), ERR_FATAL);
	assert_non_null(strstr(e.text, "/nonexistent/w.journal"));
}

static void test_no_link(void **state)
{
	struct place *p = *state;
	struct journal *j = NULL;
	char to[140];
	struct err e;

	snprintf(to, sizeof(to), "%s.to", p->file);
	put(to, 0, "", 0);
	assert_int_equal(symlink(to, p->file), 0);
	assert_int_equal(journal_open(&j, p->dir, "w", 8, &e), ERR_FATAL);
	unlink(to);
}

/* A maker that died before the header was written has left nothing that matters. */
static void test_unfinished_file(void **state)
{
	struct place *p = *state;
	char zeros[8192] = { 0 };

	put(p->file, 0, zeros, sizeof(zeros));
	journal_close(open_or_fail(p, 8));
}

/* ---- killed anywhere ---- */

/* Takes, dots, answers and frees for ever; each entry's parts are all made of one digit. */
static void spin(struct journal *j)
{
	for (unsigned n = 0;; n = (n + 1) % 10) {
		struct mail_result r = { .reach = REACH_REFUSED,
					 .code = "too_large",
					 .reply = { .code = (int)n } };
		char delivery[100];

		memset(delivery, '0' + (int)n, sizeof(delivery) - 1);
		delivery[sizeof(delivery) - 1] = '\0';
		memset(r.reply.text, '0' + (int)n, sizeof(r.reply.text) - 1);
		int entry = journal_take(j, delivery, n);

		journal_dot(j, entry);
		journal_reply(j, entry, &r);
		journal_free_entry(j, entry);
	}
}

/* Is what was left behind of turn n of one piece? */
static bool whole(const struct journal *j, int n)
{
	char delivery[100], text[160] = { 0 };

	memset(delivery, '0' + n, sizeof(delivery) - 1);
	delivery[sizeof(delivery) - 1] = '\0';
	memset(text, '0' + n, sizeof(text) - 1);
	const struct journal_entry *f = journal_former(j, delivery, n);

	return f && (f->stage == JOURNAL_DOT ||
		     (f->result.reply.code == n && strcmp(f->result.reply.text, text) == 0));
}

static void test_killed_anywhere(void **state)
{
	struct place *p = *state;
	size_t found = 0;

	for (int round = 0; round < 60; round++) {
		int ready[2];
		char byte;

		unlink(p->file);
		assert_int_equal(pipe(ready), 0);
		pid_t pid = fork();

		if (pid == 0) {
			struct journal *j = NULL;

			if (journal_open(&j, p->dir, "w", 2, NULL) < 0 ||
			    write(ready[1], "x", 1) != 1)
				_exit(1);
			spin(j);
		}
		close(ready[1]);
		assert_int_equal(read(ready[0], &byte, 1), 1);
		close(ready[0]);
		usleep((useconds_t)(random() % 2000));
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		struct journal *j = open_or_fail(p, 2);
		int pieces = 0;

		for (int n = 0; n < 10; n++)
			pieces += whole(j, n);
		assert_int_equal(pieces, journal_former_count(j));
		found += journal_former_count(j);
		journal_close(j);
	}
	assert_true(found > 0);
}

/* ---- threads ---- */

struct lane {
	struct journal *j;
	int entry;
	atomic_int go; /* 1 = the entry is yours, 2 = done with it, 3 = end */
};

static void *channel(void *arg)
{
	struct lane *l = arg;

	for (int go; (go = atomic_load(&l->go)) != 3;)
		if (go == 1) {
			journal_dot(l->j, l->entry);
			journal_reply(l->j, l->entry, &refused);
			atomic_store(&l->go, 2);
		}
	return NULL;
}

static void test_threads(void **state)
{
	struct place *p = *state;
	struct lane lanes[3];
	pthread_t threads[3];
	struct journal *j = open_or_fail(p, 3);
	int rounds = 0;

	for (int i = 0; i < 3; i++) {
		lanes[i] = (struct lane){ .j = j, .go = 2, .entry = -1 };
		pthread_create(&threads[i], NULL, channel, &lanes[i]);
	}
	while (rounds < 3000)
		for (int i = 0; i < 3; i++)
			if (atomic_load(&lanes[i].go) == 2) {
				journal_free_entry(j, lanes[i].entry);
				lanes[i].entry = journal_take(j, "t/x.1.email.0", rounds++);
				assert_true(lanes[i].entry >= 0);
				atomic_store(&lanes[i].go, 1);
			}
	for (int i = 0; i < 3; i++) {
		while (atomic_load(&lanes[i].go) != 2)
			;
		atomic_store(&lanes[i].go, 3);
		pthread_join(threads[i], NULL);
	}
	journal_close(j);
	j = open_or_fail(p, 3);
	assert_int_equal(journal_former_count(j), 3); /* answered and not freed */
	journal_close(j);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_stages),
		CASE(test_forget),
		CASE(test_no_link),
		CASE(test_the_last_life_counts),
		CASE(test_a_reply_does_not_stay),
		CASE(test_holder),
		CASE(test_another_boot),
		CASE(test_capacity),
		CASE(test_old_ones_go_where_room_is_short),
		CASE(test_grows),
		CASE(test_refused_files),
		CASE(test_no_directory),
		CASE(test_unfinished_file),
		CASE(test_killed_anywhere),
		CASE(test_threads),
	};

	if (crypto_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
