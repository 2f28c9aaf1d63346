#include "card.h"

#include <string.h>

static const char *text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

struct card card_read(const json_t *kept)
{
	const json_t *recipient = json_object_get(kept, "recipient"),
		     *inviter = json_object_get(kept, "inviter");

	return (struct card){
		.name = text(recipient, "name"),
		.email = text(recipient, "email"),
		.phone = text(recipient, "phone"),
		.user = text(recipient, "user"),
		.locale = text(recipient, "locale"),
		.timezone = text(recipient, "timezone"),
		.role = text(kept, "role"),
		.department = text(kept, "department"),
		.organisation = text(json_object_get(kept, "organisation"), "name"),
		.inviter_id = text(inviter, "id"),
		.inviter_name = text(inviter, "name"),
	};
}

json_t *card_text(const char *s)
{
	size_t n = s ? strlen(s) : 0;

	if (!n)
		return NULL;
	if (n > CARD_TEXT_MAX)
		for (n = CARD_TEXT_MAX; n && ((unsigned char)s[n] & 0xc0) == 0x80;)
			n--;
	return json_stringn(s, n);
}
