#include "codes.h"

#include <string.h>

#include "mem.h"

static const struct code codes[] = {
	{ "recipient_missing", 'P', false },
	{ "email_syntax", 'P', false },
	{ "email_domain_invalid", 'P', false },
	{ "email_smtputf8_unsupported", 'P', false },
	{ "phone_missing_country_code", 'P', false },
	{ "phone_trunk_prefix", 'P', false },
	{ "phone_too_short", 'P', false },
	{ "phone_too_long", 'P', false },
	{ "phone_bad_char", 'P', false },
	{ "phone_unknown_country", 'P', false },
	{ "phone_not_mobile", 'P', false },
	{ "phone_premium", 'P', false },
	{ "phone_emergency", 'P', false },
	{ "mailbox_unknown", 'P', false },
	{ "mailbox_disabled", 'P', false },
	{ "handset_unknown", 'P', false },
	{ "number_barred", 'P', false },

	{ "schema_invalid", 'M', false },
	{ "content_rejected", 'M', false },
	{ "too_large", 'M', false },
	{ "render_failed", 'M', false },
	{ "template_missing", 'M', false },
	{ "too_many_segments", 'M', false },
	{ "policy_blocked", 'M', false },

	{ "throttled", 'T', true },
	{ "provider_unavailable", 'T', true },
	{ "dns_temporary", 'T', true },
	{ "connect_failed", 'T', true },
	{ "tls_failed", 'T', true },
	{ "mailbox_full", 'T', true },
	{ "handset_unreachable", 'T', true },
	{ "carrier_unknown", 'T', true },
	{ "receipt_missing", 'T', false },
	{ "retries_exhausted", 'T', false },

	{ "outcome_unknown", 'U', false },

	{ "auth_failed", 'C', true },
	{ "sender_not_allowed", 'C', true },
	{ "funds_exhausted", 'C', true },
	{ "account_suspended", 'C', true },
	{ "region_not_enabled", 'C', true },

	{ "account_exists", 'Y', false },
	{ "already_invited", 'Y', false },
	{ "already_accepted", 'Y', false },
	{ "cancelled", 'Y', false },
	{ "superseded", 'Y', false },
	{ "illegal_transition", 'Y', false },
	{ "not_sent_in_time", 'Y', false },
	{ "suppressed", 'Y', false },
	{ "country_not_allowed", 'Y', false },
	{ "cooldown", 'Y', false },
	{ "confirm_missing", 'Y', false },
};

const struct code *codes_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (strcmp(codes[i].name, name) == 0)
			return &codes[i];
	return NULL;
}

const struct code *codes_all(size_t *count)
{
	*count = ARRAY_LEN(codes);
	return codes;
}
