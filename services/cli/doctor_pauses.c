#include <stdio.h>
#include <stdlib.h>

#include "doctor.h"
#include "mem.h"
#include "now.h"
#include "settings_topic.h"

static void say(const struct findings *f, const char *key, const json_t *record)
{
	const char *actor = json_string_value(json_object_get(record, "actor"));
	const char *time = json_string_value(json_object_get(record, "time"));
	autofree char *what = xasprintf("paused: %s", key);
	autofree char *remedy =
		xasprintf("by %s since %s: %s; what waits for it comes back with beckon resume",
			  actor ? actor : "-", time ? time : "-",
			  json_string_value(json_object_get(record, "reason")));

	f->add(f->ctx, FINDING_WARN, what, remedy);
}

void doctor_pauses(const struct settings *s, const struct findings *f)
{
	struct settings_view *v;
	struct pauses *pauses;
	const char *key;
	json_t *record;
	size_t held = 0;

	if (f->no_kafka || settings_topic_read(&v, s, NULL))
		return; /* doctor_topics and doctor_tenants say why */
	pauses = settings_view_pauses(v);
	json_object_foreach ((json_t *)settings_view_all_pauses(v), key, record) {
		if (!pause_of(pauses, key, now_ms()))
			continue;
		say(f, key, record);
		held++;
	}
	if (!held)
		f->add(f->ctx, FINDING_OK, "nothing is paused", "");
	pauses_free(pauses);
	settings_view_free(v);
}
