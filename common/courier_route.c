/* What a courier tells of its routes, for those who watch the fleet: routes_seen.h. */
#include "courier_priv.h"

#include <string.h>

#include "codes.h"
#include "json_write.h"
#include "now.h"

#define TOLD_LANES_MAX 300 /* regions; who sends to more is told of by provider alone */

/* ---- what happens on a route ---- */

void route_note_taken(struct lane *l)
{
	tally_note(&l->stand.taken, now_mono_ms());
}

/* What is wrong with an address says nothing of the way to it. */
void route_note_error(struct lane *l, const char *code, bool sent_back)
{
	const struct code *known = codes_find(code ? code : "connect_failed");

	if (sent_back)
		tally_note(&l->stand.sent_back, now_mono_ms());
	if (!known || known->class == 'P' || known->class == 'Y')
		return;
	l->stand.code = known->name;
	l->stand.code_ms = now_ms();
}

/* ---- how it does ---- */

/* A word for why others are taken. */
static const char *why_passed_over(const struct courier *c, const struct lane *l)
{
	int64_t now = now_mono_ms();

	if (strain_holds(&l->strain, now))
		return "errors";
	return lane_is_slow(c, l, now) ? "slow" : "limit";
}

static enum route_state lane_state(const struct courier *c, const struct lane *l)
{
	if (!lane_is_open(l))
		return ROUTE_CLOSED;
	if (courier_lane_is_paused(c, l))
		return ROUTE_PAUSED;
	if (l->trial || l->pool->trial)
		return ROUTE_PROBING;
	return lane_passed_over(c, l) ? ROUTE_PASSED_OVER : ROUTE_UP;
}

/* A relay does as its lane; a provider is closed or on trial as a whole, or its regions are. */
static enum route_state pool_state(const struct courier *c, const struct pool *p)
{
	const struct lane any = { .pool = (struct pool *)p };

	if (!pool_is_open(p))
		return ROUTE_CLOSED;
	for (const struct lane *l = c->all_lanes; l; l = l->next)
		if (l->pool == p && !l->region[0])
			return lane_state(c, l);
	if (courier_lane_is_paused(c, &any))
		return ROUTE_PAUSED;
	return p->trial ? ROUTE_PROBING : ROUTE_UP;
}

/* True: it does otherwise than it was told to. */
static bool look(struct route_stand *s, enum route_state state)
{
	if (s->since_ms && s->state == state)
		return false;
	s->state = state;
	s->since_ms = now_ms();
	return true;
}

static bool look_at_all(struct courier *c)
{
	bool news = false;

	for (size_t i = 0; i < c->npools; i++)
		news |= look(&c->pools[i].stand, pool_state(c, &c->pools[i]));
	for (struct lane *l = c->all_lanes; l; l = l->next)
		news |= look(&l->stand, lane_state(c, l));
	return news;
}

/* ---- what is told ---- */

static void item_open(struct buf *out)
{
	if (out->data[out->len - 1] != '[')
		buf_byte(out, ',');
	buf_byte(out, '{');
}

/* What its lanes met together. */
struct met {
	unsigned taken, sent_back; /* within the last minute */
	size_t in_flight;
	const char *code, *reason;
	int64_t code_ms;
};

static void met_add(const struct courier *c, const struct lane *l, struct met *m)
{
	int64_t now = now_mono_ms();

	m->taken += tally_minute(&l->stand.taken, now);
	m->sent_back += tally_minute(&l->stand.sent_back, now);
	m->in_flight += l->away_count;
	m->reason = why_passed_over(c, l);
	if (l->stand.code_ms <= m->code_ms)
		return;
	m->code = l->stand.code;
	m->code_ms = l->stand.code_ms;
}

static void write_stand(const struct route_stand *s, const struct met *m, struct buf *out)
{
	json_write_text(out, "state", route_state_words[s->state]);
	json_write_int(out, "since", s->since_ms);
	json_write_text(out, "reason", s->state == ROUTE_PASSED_OVER ? m->reason : NULL);
	json_write_int(out, "in_flight", (int64_t)m->in_flight);
	json_write_int(out, "per_minute", m->taken);
	json_write_int(out, "errors_per_minute", m->sent_back);
	if (!m->code)
		return;
	json_write_text(out, "code", m->code);
	json_write_int(out, "code_at", m->code_ms);
}

static void write_limit(struct tenant_rate limit, struct buf *out)
{
	if (limit.interval_us)
		json_write_int(out, "interval_us", limit.interval_us);
}

static void write_regions(const struct courier *c, const struct pool *p, struct buf *out)
{
	size_t room = TOLD_LANES_MAX;

	json_write_name(out, "regions");
	buf_byte(out, '[');
	for (const struct lane *l = c->all_lanes; l && room; l = l->next) {
		struct met met = { 0 };

		if (l->pool != p)
			continue;
		met_add(c, l, &met);
		item_open(out);
		json_write_text(out, "region", l->region);
		write_limit(l->limit, out);
		write_stand(&l->stand, &met, out);
		json_write_close(out);
		room--;
	}
	buf_byte(out, ']');
}

static void write_pool(const struct courier *c, const struct pool *p, struct buf *out)
{
	const struct channel_route *terms = p->terms;
	struct met met = { 0 };
	char why[256];

	for (const struct lane *l = c->all_lanes; l; l = l->next)
		if (l->pool == p)
			met_add(c, l, &met);
	item_open(out);
	json_write_text(out, "route", terms->name);
	json_write_int(out, "order", terms->order);
	json_write_int(out, "weight", terms->weight);
	json_write_int(out, "sessions", (int64_t)terms->sessions);
	write_limit(terms->limit, out);
	write_stand(&p->stand, &met, out);
	if (p->stand.state == ROUTE_CLOSED) /* without "<name>: " */
		json_write_text(out, "why",
				route_why(p->route, why, sizeof(why)) + strlen(terms->name) + 2);
	if (c->channel->aim)
		write_regions(c, p, out);
	json_write_close(out);
}

bool courier_routes(void *service, struct buf *out)
{
	struct courier *c = courier_of(service);
	bool news = look_at_all(c);

	json_write_open(out, NULL);
	json_write_int(out, "v", ROUTES_VERSION);
	json_write_text(out, "channel", c->channel->name);
	json_write_name(out, "routes");
	buf_byte(out, '[');
	for (size_t i = 0; i < c->npools; i++)
		write_pool(c, &c->pools[i], out);
	buf_byte(out, ']');
	json_write_close(out);
	return news;
}
