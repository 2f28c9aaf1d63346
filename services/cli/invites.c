#include "invites.h"

#include <stdlib.h>
#include <string.h>

#include "ids.h"
#include "mem.h"
#include "scan.h"
#include "told.h"

void invites_init(struct invites *v)
{
	*v = (struct invites){ .seen = json_object() };
}

void invites_clear(struct invites *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->list[i]);
	free(v->list);
	json_decref(v->seen);
	*v = (struct invites){ 0 };
}

/* Takes the tenant off "acme/i-1"; the rest of it. */
static const char *take_tenant(struct invites *v, const char *id, struct err *e)
{
	size_t len = strcspn(id, "/");

	if (!id[len] || !ids_name_ok(id, len))
		return id;
	if (v->tenant[0] && (strlen(v->tenant) != len || memcmp(v->tenant, id, len) != 0)) {
		err_set(e, ERR_INVALID, "'%.140s' is not of tenant %s: name those of one at a time",
			id, v->tenant);
		return NULL;
	}
	snprintf(v->tenant, sizeof(v->tenant), "%.*s", (int)len, id);
	return id + len + 1;
}

int invites_tenant(const struct invites *v, const char *option, const char **out, struct err *e)
{
	const char *named = v->tenant[0] ? v->tenant : NULL;

	if (named && option && strcmp(named, option) != 0)
		return err_set(e, ERR_INVALID, "--tenant %.64s, and invites of %s", option, named);
	*out = named ? named : option ? option : "default";
	return OK;
}

int invites_add(struct invites *v, const char *id, struct err *e)
{
	id = take_tenant(v, id, e);
	if (!id)
		return ERR_INVALID;
	if (!ids_name_ok(id, strlen(id)))
		return err_set(e, ERR_INVALID,
			       "'%.80s' is no invite: 1 to 64 letters, digits, _ and -", id);
	if (json_object_get(v->seen, id))
		return OK;
	if (v->count == INVITES_MAX)
		return err_set(e, ERR_INVALID, "more than %d invites at once", INVITES_MAX);
	json_object_set_new(v->seen, id, json_true());
	v->list = xgrow(v->list, v->count, sizeof(*v->list));
	v->list[v->count++] = xstrdup(id);
	return OK;
}

int invites_read(struct invites *v, FILE *f, struct err *e)
{
	char line[256];
	struct err why;

	for (int n = 1; fgets(line, sizeof(line), f); n++) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] && invites_add(v, line, &why))
			return err_set(e, ERR_INVALID, "line %d: %s", n, why.text);
	}
	return OK;
}

/* What a scan for a batch looks for. */
struct batch_scan {
	struct invites *found;
	const char *tenant, *batch;
};

static int take(void *ctx, const struct record *r, struct err *e)
{
	const struct batch_scan *scan = ctx;
	const char *batch;
	struct told t;
	int code = OK;

	if (told_read(r, &t, NULL))
		return OK;
	batch = json_string_value(json_object_get(json_object_get(t.event.data, "batch"), "id"));
	if (batch && !strcmp(batch, scan->batch) && !strcmp(t.tenant, scan->tenant))
		code = invites_add(scan->found, t.invite, e);
	told_clear(&t);
	return code;
}

int invites_of_batch(struct invites *v, const struct settings *s, const char *tenant,
		     const char *batch, struct err *e)
{
	struct kafka_span span = { .topic = s->topics[TOPIC_STATUS] };
	struct batch_scan scan = { v, tenant, batch };

	return scan_topic(s, &span, take, &scan, e);
}
