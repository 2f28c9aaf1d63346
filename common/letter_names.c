#include "letter_names.h"

#include <string.h>

#include "mem.h"

#define BOTH(p)                                                                                    \
	{                                                                                          \
		p, p                                                                               \
	}
#define INVITE_ONLY(p)                                                                             \
	{                                                                                          \
		p, NAME_NEVER                                                                      \
	}

static const struct letter_name names[] = {
	{ "organisation", BOTH(NAME_ALWAYS), NULL, "who the message speaks for",
	  "от чьего имени сообщение" },
	{ "organisation_short", BOTH(NAME_ALWAYS), NULL, "the same in at most 36 characters",
	  "то же, не длиннее 36 знаков" },
	{ "recipient_name", BOTH(NAME_OPTIONAL), NULL, "the person's name", "имя получателя" },
	{ "inviter", BOTH(NAME_OPTIONAL), NULL, "who invites", "кто приглашает" },
	{ "role", BOTH(NAME_OPTIONAL), NULL, "the role that awaits the person", "роль" },
	{ "department", BOTH(NAME_OPTIONAL), NULL, "the department", "отдел" },
	{ "teams", BOTH(NAME_OPTIONAL), NULL, "the teams, in one line", "команды, одной строкой" },
	{ "link",
	  { NAME_ALWAYS, NAME_OPTIONAL },
	  NULL,
	  "the link: to accept, or the page to sign in",
	  "ссылка: принять или войти" },
	{ "expires_on", INVITE_ONLY(NAME_ALWAYS), NULL, "when the link ends",
	  "до какого времени действует ссылка" },
	{ "expires_in", INVITE_ONLY(NAME_ALWAYS), NULL, "how long the link lives",
	  "сколько действует ссылка" },
	{ "username",
	  { NAME_NEVER, NAME_ALWAYS },
	  NULL,
	  "what the person signs in as",
	  "имя пользователя для входа" },
	{ "password", { NAME_NEVER, NAME_ALWAYS }, NULL, "the password", "пароль" },
	{ "today", BOTH(NAME_ALWAYS), NULL, "the day of sending", "день отправки" },
	{ "contact", BOTH(NAME_OPTIONAL), NULL, "whom to ask", "к кому обращаться" },
	{ "contact_href", BOTH(NAME_OPTIONAL), NULL, "the same as a link", "то же ссылкой" },
	{ "note", BOTH(NAME_OPTIONAL), "note_lines", "the note of whoever invites",
	  "примечание приглашающего" },
	{ "note_lines", BOTH(NAME_OPTIONAL), "note", "the note, line by line",
	  "примечание построчно" },
	{ "subject", BOTH(NAME_OPTIONAL), NULL, "the subject, where it is written anew",
	  "тема, если она задана заново" },
	{ "brand_colour", BOTH(NAME_ALWAYS), NULL, "the colour of buttons, #rrggbb",
	  "цвет кнопок, #rrggbb" },
	{ "vars", BOTH(NAME_ALWAYS), NULL, "the request's own variables: vars.name",
	  "собственные переменные запроса: vars.имя" },
};

const struct letter_name *letter_names(size_t *count)
{
	*count = ARRAY_LEN(names);
	return names;
}

const struct letter_name *letter_name_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(names[i].name, name))
			return &names[i];
	return NULL;
}

enum letter_kind letter_kind_of(const char *template_name)
{
	static const char password[] = "password";

	return strncmp(template_name, password, sizeof(password) - 1) ? LETTER_INVITE
								      : LETTER_PASSWORD;
}
