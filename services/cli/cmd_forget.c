#include "cmd_forget.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "asking.h"
#include "cli.h"
#include "crypto.h"
#include "guard.h"
#include "mem.h"
#include "now.h"
#include "redis.h"
#include "settings.h"

#define WAIT_DEFAULT_S 30
#define AGAIN_US 50000

struct forget_options {
	const char *tenant, *batch, *reason, *actor;
	int64_t timeout_s;
	bool yes, no_wait, json;
};

#define AT(member) offsetof(struct forget_options, member)
static const struct arg list[] = {
	{ "tenant", ARG_TEXT, AT(tenant), "NAME", "the organisation's id; 'default' unless told", 0,
	  0 },
	{ "batch", ARG_TEXT, AT(batch), "NAME", "all invites of this batch", 0, 0 },
	{ "yes", ARG_FLAG, AT(yes), NULL, "yes: it cannot be undone", 0, 0 },
	{ "reason", ARG_TEXT, AT(reason), "TEXT", "why, kept in the history", 0, 0 },
	{ "actor", ARG_TEXT, AT(actor), "NAME", "who asks: an id, no name or address", 0, 0 },
	{ "no-wait", ARG_FLAG, AT(no_wait), NULL, "only ask; do not wait until it is done", 0, 0 },
	{ "timeout", ARG_NUMBER, AT(timeout_s), "SECONDS", "wait so long, 30 unless told", 1,
	  3600 },
	{ "json", ARG_FLAG, AT(json), NULL, "one JSON object an invite", 0, 0 },
};
#undef AT

static const struct args args = {
	"forget",
	"INVITE...|- --yes [OPTION...]",
	"Erases what is personal of invites: address, name, note, what a message would be made "
	"of.\n"
	"The history stays, by hash and mask. What has not left yet is cancelled, and so is what "
	"has a\n"
	"link that works. Events on the topics go with their time (topics.requested).\n"
	"\nINVITE may be repeated; - reads one a line. Ends with 0 when all is erased (or asked, "
	"with\n--no-wait), 69 when it is not known to be.",
	list,
	ARRAY_LEN(list),
	.operands = true,
	.settings = true,
};

struct forgetting {
	struct forget_options o;
	struct settings settings;
	struct invites invites;
};

static void asked(void *ctx, size_t i, const char *id, struct told *t)
{
	const struct forgetting *f = ctx;

	(void)t;
	if (f->o.json)
		cli_json(json_pack("{ssssss}", "asked", id, "tenant", f->o.tenant, "invite",
				   f->invites.list[i]));
	else if (f->o.no_wait)
		printf("asked\t%s/%s\t%s\n", f->o.tenant, f->invites.list[i], id);
}

/* ---- waiting ---- */

/* Is anything of the i-th invite kept in Redis (guard.h: r:)? */
static int look(const struct forgetting *f, struct redis *redis, size_t i, bool *kept,
		struct err *e)
{
	autofree char *key =
		xasprintf("%sr:%s/%s", f->settings.redis_prefix, f->o.tenant, f->invites.list[i]);
	const char *words[] = { "EXISTS", key };

	redis_add(redis, ARRAY_LEN(words), words, NULL);
	if (redis_run(redis, e) < 0)
		return ERR_AGAIN;
	*kept = redis_int(redis_reply(redis, 0)) != 0;
	return OK;
}

static int wait_for_all(const struct forgetting *f, struct redis *redis, struct err *e)
{
	int64_t until_ms = now_mono_ms() + f->o.timeout_s * 1000;

	for (size_t i = 0; i < f->invites.count;) {
		bool kept;

		if (look(f, redis, i, &kept, e))
			return ERR_AGAIN;
		if (kept && now_mono_ms() > until_ms)
			return err_set(e, ERR_AGAIN, "%s/%s is not erased yet; the request stands",
				       f->o.tenant, f->invites.list[i]);
		if (kept) {
			usleep(AGAIN_US);
			continue;
		}
		if (!f->o.json)
			printf("forgotten\t%s/%s\n", f->o.tenant, f->invites.list[i]);
		i++;
	}
	return OK;
}

static int await(const struct forgetting *f, struct err *e)
{
	struct guard *g;
	int r;

	if (f->o.no_wait)
		return OK;
	if (settings_guard_ready(&f->settings, "beckon-cli", &g, e))
		return ERR_AGAIN;
	r = wait_for_all(f, guard_redis(g), e);
	guard_free(g);
	return r;
}

/* ---- the command ---- */

static int find_invites(struct forgetting *f, const struct arg_list *operands, struct err *e)
{
	int r = OK;

	for (size_t i = 0; i < operands->count && r == OK; i++)
		r = strcmp(operands->items[i], "-")
			    ? invites_add(&f->invites, operands->items[i], e)
			    : invites_read(&f->invites, stdin, e);
	if (r == OK)
		r = invites_tenant(&f->invites, f->o.tenant, &f->o.tenant, e);
	if (r == OK && f->o.batch)
		r = invites_of_batch(&f->invites, &f->settings, f->o.tenant, f->o.batch, e);
	if (r == OK && !f->invites.count)
		return err_set(e, ERR_INVALID, "name an invite, or a --batch that is known");
	return r;
}

static int ask(struct forgetting *f, struct err *e)
{
	json_t *data = json_pack("{ss,ss*,ss*}", "tenant", f->o.tenant, "reason", f->o.reason,
				 "actor", f->o.actor);
	struct asking a = { .type = "invite.forget-requested",
			    .tenant = f->o.tenant,
			    .data = data,
			    .invites = &f->invites,
			    .answered = asked,
			    .ctx = f };
	int r = asking_check(&a, e);

	if (r == OK)
		r = asking_ask(&a, &f->settings, e);
	json_decref(data);
	return r;
}

static int run(struct forgetting *f, const struct arg_words *words, struct err *e)
{
	int r = crypto_init(e) || settings_open(&f->settings, &words->settings, e) ? ERR_FATAL : OK;

	if (r == OK)
		r = find_invites(f, &words->operands, e);
	if (r == OK)
		r = ask(f, e);
	return r == OK ? await(f, e) : r;
}

int cmd_forget(int argc, char **argv)
{
	struct forgetting f = { .o = { .timeout_s = WAIT_DEFAULT_S } };
	struct arg_words words = { 0 };
	struct err e;
	int status, r;

	if (args_end(&args, argc, argv, &f.o, &words, &status))
		return status;
	if (!f.o.yes) {
		err_set(&e, ERR_INVALID, "this cannot be undone: say --yes");
		return cli_usage("forget", &e);
	}
	invites_init(&f.invites);
	r = run(&f, &words, &e);
	settings_close(&f.settings);
	invites_clear(&f.invites);
	return r ? cli_fail("forget", r, &e) : CLI_GOOD;
}
