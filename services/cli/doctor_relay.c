#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "mem.h"
#include "relay.h"

static bool is_here(const char *url)
{
	return strstr(url, "//127.") || strstr(url, "//localhost");
}

/* What travels in the clear can be read, and changed, on the way. */
static void check_tls(const char *what, const json_t *relay, const struct findings *f)
{
	const char *tls = json_string_value(json_object_get(relay, "tls"));
	const char *url = json_string_value(json_object_get(relay, "url"));

	if (tls && url && strcmp(tls, "required") && !is_here(url))
		f->add(f->ctx, FINDING_WARN, what,
		       "mails may travel in the clear: set tls: required unless the way to it is "
		       "yours");
}

void doctor_relay(const struct settings *s, const struct findings *f)
{
	const char *name = json_string_value(json_object_get(json_array_get(s->relays, 0), "name"));
	autofree char *what = xasprintf("relay %s", name ? name : "");
	struct relay *relay;
	struct err e = { "" };

	if (!s->relays) {
		f->add(f->ctx, FINDING_WARN, "relay",
		       "no relay is named here: give the e-mail service's --config FILE");
		return;
	}
	if (relay_open(&relay, s->relays, NULL, &e)) {
		f->add(f->ctx, FINDING_BAD, what, e.text);
		return;
	}
	if (relay_transport(relay)->probe(relay_transport(relay), &e))
		f->add(f->ctx, FINDING_BAD, what, e.text);
	else
		f->add(f->ctx, FINDING_OK, what, "");
	check_tls(what, json_array_get(s->relays, 0), f);
	relay_free(relay);
}
