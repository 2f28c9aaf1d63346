/* What waits in the whole fleet, and why. */
#include "api_fleet.h"

#include "guard.h"
#include "later.h"
#include "mem.h"

/* {waiting, overdue, oldest_overdue_ms, reasons {word: n}}. */
void api_fleet_waiting(struct web_request *q, struct http_response *a)
{
	struct later_stats s = { 0 };
	json_t *reasons;
	struct err e;

	if (guard_ready(q->local, &e) < 0 || later_stats(q->local, &s, &e) < 0) {
		web_fail(a, ERR_AGAIN, &e);
		return;
	}
	reasons = json_object();
	for (size_t i = 0; i < s.nreasons; i++)
		json_object_set_new(reasons, s.reasons[i].name[0] ? s.reasons[i].name : "other",
				    json_integer(s.reasons[i].waiting));
	web_json(a, 200,
		 json_pack("{sI,sI,sI,so}", "waiting", (json_int_t)s.waiting, "overdue",
			   (json_int_t)s.overdue, "oldest_overdue_ms",
			   (json_int_t)s.oldest_overdue_ms, "reasons", reasons));
}
