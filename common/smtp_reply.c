#include "smtp_reply.h"

#include <string.h>
#include <strings.h>

#include "mem.h"
#include "smtp_text.h"

/* One row: a reply fits if its code is within from..to, its enhanced code is `enhanced` (where
   given; a star stands for any end) and its text holds one of the words (where given, lower
   case, separated by '|'). */
struct rule {
	short from, to;
	const char *enhanced;
	const char *words;
	const char *code;
	char class;
	bool suppress;
	bool route_fault;
};

#define DEAD .class = 'P', .suppress = true
#define BAD .class = 'P'
#define MESSAGE .class = 'M'
#define LATER .class = 'T'
#define CONFIG .class = 'C'
#define ROUTE_DOWN .class = 'T', .route_fault = true
#define ROUTE_CONFIG .class = 'C', .route_fault = true

#define UNKNOWN_USER                                                                               \
	"user unknown|unknown user|no such user|user not found|user doesn't|does not exist|"       \
	"doesn't exist|no such recipient|unknown recipient|recipient not found|"                   \
	"no such mailbox|mailbox not found|unknown mailbox|mailbox unavailable|no mailbox|"        \
	"invalid mailbox|invalid recipient|recipient unknown|unrouteable address|"                 \
	"not a valid mailbox|address unknown|unknown address|unknown local|"                       \
	"recipientnotfound|not our customer|no longer"
#define DISABLED "disabled|inactive|deactivated|is closed|suspended|blocked by the owner"
#define FULL "mailbox full|mailbox is full|over quota|quota|insufficient space|out of storage"
#define BIG "too large|too big|size exceed|exceeds size|exceeds the max|exceeds fixed|size limit"
#define SPAM "spam|virus|malware|content reject|content is not|unsolicited|phish|bad content"
#define NOT_OURS                                                                                   \
	"sender address rejected|sender rejected|not owned by|sender not allowed|not allowed to "  \
	"send|sendasdenied|send as|email address is not verified|from address is not|"             \
	"sender domain|sender is not auth|sender denied|sender verify failed|invalid sender|"      \
	"from header"
#define SENDING_LIMIT                                                                              \
	"daily user sending|sending quota|sending limit|submissionquota|daily sending|"            \
	"hourly sending|message limit exceeded|exceeded the max emails|maximum sending"

static const struct rule rules[] = {
	/* Of one recipient by its enhanced code, whatever the words: nobody's mailbox closes a
	   relay. */
	{ 500, 599, "5.1.1", NULL, "mailbox_unknown", DEAD },
	{ 500, 599, "5.2.1", "suspended", "mailbox_disabled", BAD },
	{ 500, 599, "5.2.2", NULL, "mailbox_full", LATER },
	{ 400, 499, "4.2.*", "suspended", "throttled", LATER },
	{ 400, 499, "4.2.2", NULL, "mailbox_full", LATER },

	/* The relay does not let us in, or not now. */
	{ 530, 530, NULL, "starttls", "tls_failed", ROUTE_DOWN },
	{ 523, 523, NULL, NULL, "tls_failed", ROUTE_DOWN },
	{ 538, 538, NULL, NULL, "tls_failed", ROUTE_DOWN },
	{ 454, 454, NULL, "tls", "tls_failed", ROUTE_DOWN },
	{ 454, 454, NULL, "auth", "provider_unavailable", ROUTE_DOWN },
	{ 400, 599, NULL,
	  "insufficient credit|out of credits|insufficient balance|insufficient funds",
	  "funds_exhausted", ROUTE_CONFIG },
	{ 400, 599, NULL,
	  "account suspended|account is suspended|account has been suspended|"
	  "bad outbound sender|account temporarily suspended|sending is disabled",
	  "account_suspended", ROUTE_CONFIG },
	{ 500, 599, "5.7.50*", "spam abuse|banned|access denied", "account_suspended",
	  ROUTE_CONFIG },
	{ 530, 530, NULL, NULL, "auth_failed", ROUTE_CONFIG },
	{ 534, 535, NULL, NULL, "auth_failed", ROUTE_CONFIG },
	{ 432, 432, NULL, NULL, "auth_failed", ROUTE_CONFIG },
	{ 500, 599, "5.7.8", NULL, "auth_failed", ROUTE_CONFIG },
	{ 500, 599, "5.7.9", NULL, "auth_failed", ROUTE_CONFIG },
	{ 400, 599, NULL, SENDING_LIMIT, "throttled", ROUTE_DOWN },

	/* The sender, not the recipient. */
	{ 500, 599, "5.1.7", NULL, "sender_not_allowed", CONFIG },
	{ 500, 599, "5.1.8", NULL, "sender_not_allowed", CONFIG },
	{ 500, 599, "5.7.60", NULL, "sender_not_allowed", CONFIG },
	{ 500, 599, NULL, NOT_OURS, "sender_not_allowed", CONFIG },

	/* The address. */
	{ 556, 556, NULL, NULL, "email_domain_invalid", DEAD },
	{ 521, 521, NULL, NULL, "email_domain_invalid", BAD },
	{ 500, 599, "5.1.6", NULL, "mailbox_unknown", DEAD },
	{ 500, 599, "5.1.10", NULL, "mailbox_unknown", DEAD },
	{ 500, 599, "5.1.3", NULL, "email_syntax", BAD },
	{ 500, 599, "5.1.*", NULL, "mailbox_unknown", BAD },
	{ 500, 599, "5.6.7", NULL, "email_smtputf8_unsupported", BAD },
	{ 500, 599, "5.7.13", NULL, "mailbox_disabled", BAD },
	{ 500, 599, "5.7.17", NULL, "mailbox_disabled", BAD },
	{ 500, 599, "5.4.1", NULL, "mailbox_unknown", BAD },
	{ 500, 599, "5.4.4", NULL, "email_domain_invalid", BAD },

	/* The mailbox. */
	{ 500, 599, "5.2.3", NULL, "too_large", MESSAGE },
	{ 552, 552, "5.2.*", FULL, "mailbox_full", LATER },
	{ 500, 599, "5.2.1", FULL, "mailbox_full", LATER },
	{ 500, 599, "5.2.1", NULL, "mailbox_disabled", BAD },
	{ 500, 599, "5.2.*", UNKNOWN_USER, "mailbox_unknown", BAD },
	{ 500, 599, "5.2.*", NULL, "mailbox_disabled", BAD },

	/* The message, and what a policy says about it: never the address's fault. */
	{ 500, 599, "5.3.4", NULL, "too_large", MESSAGE },
	{ 552, 552, "5.7.*", NULL, "content_rejected", MESSAGE },
	{ 500, 599, "5.7.*", NULL, "policy_blocked", MESSAGE },
	{ 500, 599, "5.6.*", NULL, "content_rejected", MESSAGE },
	{ 500, 599, "5.4.7", NULL, "retries_exhausted", LATER },

	/* No enhanced code, or one that says nothing: the words decide. */
	{ 552, 552, NULL, BIG, "too_large", MESSAGE },
	{ 552, 552, NULL, FULL, "mailbox_full", LATER },
	{ 552, 552, NULL, NULL, "too_large", MESSAGE },
	{ 551, 551, NULL, NULL, "mailbox_unknown", BAD },
	{ 500, 599, NULL, BIG, "too_large", MESSAGE },
	{ 500, 599, NULL, SPAM, "content_rejected", MESSAGE },
	{ 550, 554, NULL, "mailbox full|mailbox is full|over quota|quota exceeded", "mailbox_full",
	  LATER },
	{ 500, 599, NULL,
	  "relay|blacklist|blocklist|block list|rbl|reputation|dmarc|spf|dkim|policy|"
	  "access denied|ptr record|reverse dns|rejected due to",
	  "policy_blocked", MESSAGE },
	{ 550, 554, NULL, UNKNOWN_USER, "mailbox_unknown", DEAD },
	{ 550, 554, NULL, DISABLED, "mailbox_disabled", BAD },
	{ 501, 501, NULL, "address|mailbox|recipient", "email_syntax", BAD },
	{ 553, 553, NULL, NULL, "email_syntax", BAD },
	{ 555, 555, NULL, "utf8", "email_smtputf8_unsupported", BAD },
	{ 500, 599, "5.5.*", NULL, "content_rejected", MESSAGE },
	{ 500, 504, NULL, NULL, "content_rejected", MESSAGE },
	{ 555, 555, NULL, NULL, "content_rejected", MESSAGE },
	{ 500, 599, NULL, NULL, "policy_blocked", MESSAGE },

	/* Not now. */
	{ 400, 499, NULL, "mailbox full|mailbox is full|over quota|quota exceeded", "mailbox_full",
	  LATER },
	{ 400, 499, NULL, "greylist|graylist|greylisting", "throttled", LATER },
	{ 400, 499, "4.7.*", NULL, "throttled", LATER },
	{ 400, 499, "4.1.*", "domain not found|host not found|name service|dns|lookup",
	  "dns_temporary", LATER },
	{ 400, 499, "4.4.3", NULL, "dns_temporary", LATER },
	{ 400, 499, "4.4.*", NULL, "provider_unavailable", LATER },
	{ 400, 499, "4.3.*", NULL, "provider_unavailable", LATER },
	{ 452, 452, NULL, "too many|rate|storage|disk|space|resources", "throttled", LATER },
	{ 452, 452, "4.5.3", NULL, "throttled", LATER },
	{ 452, 452, NULL, NULL, "mailbox_full", LATER },
	{ 400, 499, NULL, NULL, "throttled", LATER },
};

/* Nothing that RFC 5321 knows as an answer here: no code, 1yz, 3yz and above 5yz. */
static const struct rule no_answer = { 0, 999, NULL, NULL, "provider_unavailable", LATER };

static bool holds_word(const char *text, const char *words)
{
	for (const char *w = words; *w;) {
		size_t n = strcspn(w, "|");

		for (const char *p = text; *p; p++)
			if (strncasecmp(p, w, n) == 0)
				return true;
		w += n + (w[n] == '|');
	}
	return false;
}

static bool enhanced_fits(const char *enhanced, const char *pattern)
{
	size_t n = strlen(pattern);

	if (pattern[n - 1] == '*')
		return strncmp(enhanced, pattern, n - 1) == 0;
	return strcmp(enhanced, pattern) == 0;
}

static bool rule_fits(const struct rule *rule, const struct reply *r)
{
	return r->code >= rule->from && r->code <= rule->to &&
	       (!rule->enhanced || enhanced_fits(r->enhanced, rule->enhanced)) &&
	       (!rule->words || holds_word(r->text, rule->words));
}

static const struct rule *rule_find(const struct reply *r)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (rule_fits(&rules[i], r))
			return &rules[i];
	return &no_answer;
}

struct smtp_reading smtp_reply_read(const struct reply *r)
{
	const struct rule *rule;

	if (r->code >= 200 && r->code <= 299)
		return (struct smtp_reading){ 0 };
	rule = rule_find(r);
	return (struct smtp_reading){
		.code = rule->code,
		.class = rule->class,
		.suppress = rule->suppress,
		.route_fault = rule->route_fault,
		.retry_after_ms = rule->class == 'T' ? smtp_text_retry_after_ms(r->text) : 0,
	};
}
