/* What channel threads call: nothing here touches the loop's lists. */
#include "courier_priv.h"

#include "crash.h"
#include "now.h"

struct parcel *parcel_next(struct worker *w, int64_t idle_ms)
{
	return (struct parcel *)exchange_next(w, idle_ms);
}

bool parcel_is_cut(const struct worker *w)
{
	return exchange_is_cut(w);
}

bool parcel_dot(struct worker *w, struct parcel *p)
{
	int64_t now = now_boot_ms();

	p->withheld = now >= p->lease_end_boot_ms || !exchange_loop_lives(w, now);
	if (p->withheld)
		return false;
	if (p->entry >= 0)
		journal_dot(p->courier->journal, p->entry);
	crash_point("dot");
	return true;
}

void parcel_answer(struct worker *w, struct parcel *p, const struct mail_result *result)
{
	p->result = *result;
	p->send_ms = now_mono_ms() - p->link.since_ms;
	if (result->reach == REACH_TAKEN)
		crash_point("taken");
	if (p->entry >= 0 && result->reach != REACH_IN_DOUBT)
		journal_reply(p->courier->journal, p->entry, result);
	crash_point("replied");
	exchange_answer(w, &p->link);
}
