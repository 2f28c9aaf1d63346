#include "cmd_invite.h"

#include <stdio.h>
#include <stdlib.h>

#include "advice.h"
#include "args.h"
#include "buf.h"
#include "cli.h"
#include "crypto.h"
#include "follow.h"
#include "invite_event.h"
#include "kafka_reader.h"
#include "mem.h"
#include "now.h"
#include "people.h"
#include "phone.h"
#include "progress.h"
#include "report.h"
#include "request.h"
#include "sender.h"
#include "settings.h"
#include "settings_topic.h"
#include "term.h"

#define SILENCE_MAX_MS 30000 /* without one acknowledgement: Kafka is away */
#define TURN_MS 100
#define WAIT_MAX_S 31536000

struct invite_options {
	struct invite_common common;
	const char *csv;
	struct arg_list to;
	struct arg_list teams;
	int64_t timeout_s; /* of wait; 0 = however long it takes */
	bool dry_run, skip_bad, json, wait;
};

#define AT(member) offsetof(struct invite_options, member)
static const struct arg list[] = {
	{ "to", ARG_LIST, AT(to), "WHOM",
	  "addresses or phone numbers: \"a@example.com, +7 905 111-11-11\"; may be repeated", 0,
	  0 },
	{ "csv", ARG_TEXT, AT(csv), "FILE",
	  "whom: a CSV file, - = standard input; its first row names the columns", 0, 0 },
	{ "tenant", ARG_TEXT, AT(common.tenant), "NAME",
	  "the organisation's id; 'default' unless told", 0, 0 },
	{ "role", ARG_TEXT, AT(common.role), "ROLE", "for rows without one; so are the next five",
	  0, 0 },
	{ "department", ARG_TEXT, AT(common.department), "NAME", "where they work", 0, 0 },
	{ "team", ARG_LIST, AT(teams), "NAME", "may be repeated", 0, 0 },
	{ "locale", ARG_TEXT, AT(common.locale), "TAG", "language of the message: en, ru, ...", 0,
	  0 },
	{ "timezone", ARG_TEXT, AT(common.timezone), "ZONE", "Europe/Moscow", 0, 0 },
	{ "organisation", ARG_TEXT, AT(common.organisation), "NAME", "as shown in the message", 0,
	  0 },
	{ "inviter", ARG_TEXT, AT(common.inviter), "NAME", "who invites, as shown in the message",
	  0, 0 },
	{ "template", ARG_TEXT, AT(common.template_name), "NAME", "'invite' unless told", 0, 0 },
	{ "note", ARG_TEXT, AT(common.note), "TEXT", "personal words in the message", 0, 0 },
	{ "subject", ARG_TEXT, AT(common.subject), "TEXT", "instead of the template's", 0, 0 },
	{ "scope", ARG_TEXT, AT(common.scope), "NAME",
	  "one person may have one live invite per scope", 0, 0 },
	{ "batch", ARG_TEXT, AT(common.batch), "NAME",
	  "the same batch and row is never asked twice; default: from the list", 0, 0 },
	{ "mint", ARG_FLAG, AT(common.mint), NULL,
	  "mail each a password that the fleet draws; with --username and --confirm", 0, 0 },
	{ "sealed-password", ARG_TEXT, AT(common.sealed_password), "BASE64",
	  "mail this one, as beckon seal printed it", 0, 0 },
	{ "username", ARG_TEXT, AT(common.username), "NAME",
	  "what they sign in with, for rows without one", 0, 0 },
	{ "confirm", ARG_FLAG, AT(common.confirm), NULL,
	  "yes: a password e-mail cannot be recalled", 0, 0 },
	{ "region", ARG_TEXT, AT(common.home_region), "REGION",
	  "where phone numbers without country code are from, such as KZ", 0, 0 },
	{ "landlines", ARG_FLAG, AT(common.landlines), NULL,
	  "numbers that are not mobile are good as well, as the tenant says", 0, 0 },
	{ "hold", ARG_FLAG, AT(common.hold), NULL, "make it known, do not send yet", 0, 0 },
	{ "now", ARG_FLAG, AT(common.now), NULL, "send although the tenant does not send by itself",
	  0, 0 },
	{ "dry-run", ARG_FLAG, AT(dry_run), NULL, "check everything, send nothing", 0, 0 },
	{ "skip-bad", ARG_FLAG, AT(skip_bad), NULL, "send the good rows although some are bad", 0,
	  0 },
	{ "yes", ARG_FLAG, AT(skip_bad), NULL, "the same", 0, 0 },
	{ "wait", ARG_FLAG, AT(wait), NULL, "until every row has its final outcome, and show it", 0,
	  0 },
	{ "timeout", ARG_NUMBER, AT(timeout_s), "SECONDS",
	  "--wait no longer than so long; ends with 69 where rows have no final outcome by then", 1,
	  WAIT_MAX_S },
	{ "json", ARG_FLAG, AT(json), NULL, "one JSON object a line", 0, 0 },
};
#undef AT

static const struct args args = {
	"invite",
	"--to WHOM | --csv FILE [OPTION...]",
	"Asks the fleet to invite people. Every row is checked before anything is sent; where one "
	"is bad,\n"
	"nothing is sent unless --skip-bad is given. The same file sent twice invites nobody "
	"twice.\n"
	"Columns: email, name, phone, role, department, teams, locale, timezone, invite (its id), "
	"user, username.",
	list,
	ARRAY_LEN(list),
	.settings = true,
};

/* Everything one run of the command holds. */
struct inviting {
	struct invite_options o;
	struct settings settings;
	struct people people;
	struct advice advice;
	struct sender sender;
	struct follow follow;
	struct kafka_reader *reader; /* of outcomes; NULL = not waited for */
	size_t good;		     /* rows to be sent */
};

static struct report report_of(const struct inviting *v)
{
	return (struct report){ .people = &v->people,
				.common = &v->o.common,
				.advice = &v->advice,
				.json = v->o.json };
}

/* Where nobody is named the list shows who has run this. */
static void put_inviter(struct invite_common *c)
{
	if (c->inviter)
		return;
	c->inviter = settings_author(NULL).actor;
	c->inviter_id = REQUEST_UNNAMED "cli";
}

/* What cannot be meant; OK = it can. */
static int check_line(const struct inviting *v, struct err *e)
{
	if (!v->o.to.count == !v->o.csv)
		return err_set(e, ERR_INVALID, "say whom to invite: either --to or --csv");
	if (v->o.common.hold && v->o.common.now)
		return err_set(e, ERR_INVALID, "--hold and --now exclude each other");
	if (v->o.timeout_s && !v->o.wait)
		return err_set(e, ERR_INVALID, "--timeout belongs to --wait");
	if (v->o.common.home_region && !phone_region_known(v->o.common.home_region))
		return err_set(e, ERR_INVALID, "--region takes a country such as KZ");
	return OK;
}

static int add_people(struct inviting *v, struct err *e)
{
	autobuf whom = BUF_INIT(0);

	for (size_t i = 0; i < v->o.to.count; i++) {
		buf_str(&whom, i ? ", " : "");
		buf_str(&whom, v->o.to.items[i]);
	}
	return people_add(&v->people, whom.data, now_ms(), e);
}

static int read_people(struct inviting *v, struct err *e)
{
	int r = v->o.csv ? people_read_csv(&v->people, v->o.csv, e) : add_people(v, e);

	if (r)
		return r;
	if (!v->o.common.batch)
		v->o.common.batch = v->people.batch;
	put_inviter(&v->o.common);
	v->o.common.teams.items = v->o.teams.items;
	v->o.common.teams.count = v->o.teams.count;
	return OK;
}

static const char *invites(size_t n)
{
	return n == 1 ? "invite" : "invites";
}

/* True: there is something to send. Else *status is the exit code. */
static bool check_people(struct inviting *v, int *status)
{
	struct report report = report_of(v);
	size_t bad = invite_check_people(&v->people, &v->o.common);

	v->good = v->people.count - bad;
	if (v->people.unused.len)
		fprintf(stderr, "columns not used: %s\n", v->people.unused.data);
	if (bad)
		report_troubles(&report);
	*status = bad ? CLI_BAD : CLI_GOOD;
	if (bad && (!v->o.skip_bad || !v->good)) {
		fprintf(stderr, "%zu of %zu rows are bad; nothing was sent.%s\n", bad,
			v->people.count,
			v->good ? " Correct them, or send the others with --skip-bad." : "");
		return false;
	}
	if (v->o.dry_run) {
		fprintf(stderr, "%zu %s would be asked for; nothing was sent.\n", v->good,
			invites(v->good));
		return false;
	}
	return true;
}

/* The reader is opened before anything is sent, so that no outcome is missed. */
static int follow_all(struct inviting *v, struct err *e)
{
	const char *topics[] = { v->settings.topics[TOPIC_STATUS] };
	char id[INVITE_ID_SIZE];

	for (size_t i = 0; i < v->people.count; i++)
		if (!v->people.list[i].trouble.code)
			follow_add(&v->follow, v->o.common.tenant,
				   invite_id(&v->people.list[i], &v->o.common, id));
	return kafka_reader_open(&v->reader, v->settings.kafka, topics, 1, false, e);
}

static int send_all(struct inviting *v, struct err *e)
{
	int64_t heard_ms = now_mono_ms();
	size_t heard = 0;
	struct progress p;
	char text[PROGRESS_TEXT_SIZE];
	int r = OK;

	progress_init(&p, (int64_t)v->good, now_mono_ms());
	while (r == OK && !sender_done(&v->sender)) {
		r = sender_work(&v->sender, TURN_MS, e);
		progress_mark(&p, (int64_t)v->sender.out.acked, now_mono_ms());
		term_progress(progress_text(&p, (int64_t)v->sender.out.acked, now_mono_ms(), text));
		if (v->sender.out.acked != heard)
			heard_ms = now_mono_ms();
		heard = v->sender.out.acked;
		if (now_mono_ms() - heard_ms > SILENCE_MAX_MS)
			r = err_set(
				e, ERR_AGAIN,
				"Kafka has stopped answering; %zu of %zu are taken. Ask again with "
				"--batch %.64s: nobody is invited twice",
				v->sender.out.acked, v->good, v->o.common.batch);
	}
	term_progress("");
	if (r == OK && v->sender.out.refused)
		r = err_set(e, ERR_INVALID, "Kafka refused %zu events: %s", v->sender.out.refused,
			    v->sender.out.why);
	return r;
}

/* OK = all have theirs, or there is time left. */
static int check_time(const struct inviting *v, int64_t since_ms, struct err *e)
{
	if (!v->o.timeout_s || !v->follow.open || now_mono_ms() - since_ms < v->o.timeout_s * 1000)
		return OK;
	return err_set(
		e, ERR_AGAIN,
		"no final outcome of %zu of %zu invites after %lld s; they go on, see beckon "
		"list --batch %.64s",
		v->follow.open, v->follow.count, (long long)v->o.timeout_s, v->o.common.batch);
}

static int await_outcomes(struct inviting *v, struct err *e)
{
	int64_t since_ms = now_mono_ms();
	struct progress p;
	struct record record;
	struct told t;
	char text[PROGRESS_TEXT_SIZE];
	int r = OK, timed = OK;

	progress_init(&p, (int64_t)v->follow.count, since_ms);
	while (v->follow.open && r != ERR_FATAL && timed == OK) {
		int64_t done = (int64_t)(v->follow.count - v->follow.open);

		progress_mark(&p, done, now_mono_ms());
		term_progress(progress_text(&p, done, now_mono_ms(), text));
		r = kafka_reader_next(v->reader, TURN_MS, &record, e);
		if (r == OK && told_read(&record, &t, e) == OK) {
			follow_take(&v->follow, &t);
			told_clear(&t);
		}
		if (r != ERR_FATAL)
			timed = check_time(v, since_ms, e);
	}
	term_progress("");
	return r == ERR_FATAL ? ERR_FATAL : timed;
}

static int serve(struct inviting *v, int *status, struct err *e)
{
	struct report report = report_of(v);
	int r;

	if (v->o.wait && (r = follow_all(v, e)) != OK)
		return r;
	if ((r = sender_open(&v->sender, &v->settings, &v->people, &v->o.common, e)) != OK ||
	    (r = send_all(v, e)) != OK)
		return r;
	fprintf(stderr, "%zu %s asked for, batch %s.\n", v->sender.out.acked,
		invites(v->sender.out.acked), v->o.common.batch);
	if (!v->o.wait)
		return OK;
	r = await_outcomes(v, e);
	if (report_outcomes(&report, &v->follow))
		*status = CLI_BAD;
	return r;
}

static int run(struct inviting *v, const struct arg_list *words)
{
	struct err e;
	int status, r;

	if (check_line(v, &e))
		return cli_usage("invite", &e);
	if (crypto_init(&e) || settings_open(&v->settings, words, &e))
		return cli_fail("invite", ERR_FATAL, &e);
	r = read_people(v, &e);
	if (r)
		return cli_fail("invite", r, &e);
	if (invite_check_common(&v->o.common, &e)) {
		struct err option;

		err_set(&option, ERR_INVALID, "--%s", e.text);
		return cli_usage("invite", &option);
	}
	if (!check_people(v, &status))
		return status;
	r = serve(v, &status, &e);
	return r ? cli_fail("invite", r, &e) : status;
}

int cmd_invite(int argc, char **argv)
{
	struct inviting v = { .o.common.tenant = "default" };
	struct arg_words words = { 0 };
	int status;

	if (args_end(&args, argc, argv, &v.o, &words, &status))
		return status;
	people_init(&v.people);
	follow_init(&v.follow);
	advice_open(&v.advice, LANG_EN);
	status = run(&v, &words.settings);
	sender_close(&v.sender);
	kafka_reader_close(v.reader);
	follow_clear(&v.follow);
	advice_close(&v.advice);
	people_clear(&v.people);
	settings_close(&v.settings);
	return status;
}
