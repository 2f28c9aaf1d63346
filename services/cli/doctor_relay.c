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

static void look_at(struct relay *relay, const json_t *entry, const struct findings *f)
{
	autofree char *what = xasprintf("relay %s", relay_terms(relay)->name);
	struct err e = { "" };

	if (relay_transport(relay)->probe(relay_transport(relay), &e))
		f->add(f->ctx, FINDING_BAD, what, e.text);
	else
		f->add(f->ctx, FINDING_OK, what, "");
	check_tls(what, entry, f);
}

void doctor_relay(const struct settings *s, const struct findings *f)
{
	struct relays relays;
	struct err e = { "" };

	if (!s->relays) {
		f->add(f->ctx, FINDING_WARN, "relay",
		       "no relay is named here: give the e-mail service's --config FILE");
		return;
	}
	if (relays_open(&relays, s->relays, NULL, &e)) {
		f->add(f->ctx, FINDING_BAD, "relay", e.text);
		return;
	}
	for (size_t i = 0; i < relays.count; i++)
		look_at(relays.list[i], json_array_get(s->relays, i), f);
	relays_close(&relays);
}
