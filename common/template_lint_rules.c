/* The rules, in the words that people read. */
#include "template_lint_priv.h"

const struct lint_rule lint_rules[LINT_RULES] = {
	[LINT_SYNTAX] = { "syntax", false, { "%s", "%s" } },
	[LINT_SUBJECT_MISSING] = { "subject_missing",
				   false,
				   { "An e-mail needs a subject.", "Письму нужна тема." } },
	[LINT_BODY_MISSING] = { "body_missing",
				false,
				{ "An e-mail needs a text or an HTML part.",
				  "Письму нужен текст или часть HTML." } },
	[LINT_PART_MISSING] = { "part_missing",
				false,
				{ "This part is there in '%s': in this language people would go "
				  "without.",
				  "Эта часть есть в «%s»: на этом языке люди останутся без "
				  "неё." } },
	[LINT_VARIABLE_UNKNOWN] = { "variable_unknown",
				    false,
				    { "There is no variable '%s' here.",
				      "Переменной «%s» здесь нет." } },
	[LINT_VARIABLE_NEAR] = { "variable_unknown",
				 false,
				 { "There is no variable %s?", "Такой переменной нет: %s?" } },
	[LINT_VARIABLE_UNGUARDED] = { "variable_unguarded",
				      false,
				      { "'%1$s' may be missing: put it into {{#%1$s}}…{{/%1$s}}, "
					"or "
					"write {{%1$s?}}.",
					"«%1$s» может не быть: заключите в {{#%1$s}}…{{/%1$s}} или "
					"напишите {{%1$s?}}." } },
	[LINT_VARIABLE_RAW] = { "variable_raw",
				false,
				{ "'%s' is not escaped: what somebody typed would be HTML. Write "
				  "it with two braces.",
				  "«%s» не экранируется: введённое человеком станет HTML. Напишите "
				  "с "
				  "двумя скобками." } },
	[LINT_OWN_UNGUARDED] = { "own_variable_unguarded",
				 true,
				 { "Each request must bring '%1$s', or it fails; {{%1$s?}} may be "
				   "missing.",
				   "Каждый запрос должен содержать «%1$s», иначе он не выполнится; "
				   "{{%1$s?}} может отсутствовать." } },
	[LINT_LINK_MISSING] = { "link_missing",
				false,
				{ "The link is missing: nobody could accept.",
				  "Нет ссылки: принять приглашение будет нельзя." } },
	[LINT_LINK_REPEATED] = { "link_repeated",
				 false,
				 { "The link must stand here exactly once.",
				   "Ссылка должна стоять здесь ровно один раз." } },
	[LINT_LINK_NOT_LAST] = { "link_not_last",
				 true,
				 { "What follows the link may become part of it on some phones: "
				   "put "
				   "the link last.",
				   "То, что стоит после ссылки, на некоторых телефонах станет её "
				   "частью: поставьте ссылку в конец." } },
	[LINT_SUBJECT_FIXED] = { "subject_fixed",
				 false,
				 { "A subject written for a batch would be lost: use "
				   "{{#subject}}{{subject}}{{/subject}}{{^subject}}…{{/subject}}.",
				   "Тема, заданная для рассылки, пропадёт: используйте "
				   "{{#subject}}{{subject}}{{/subject}}{{^subject}}…{{/"
				   "subject}}." } },
	[LINT_SUBJECT_LONG] = { "subject_long",
				true,
				{ "The subject has %s characters; inboxes show about 60.",
				  "Символов в теме: %s; почтовые программы показывают около "
				  "60." } },
	[LINT_NOTE_MISSING] = { "note_missing",
				false,
				{ "The note of whoever invites would be lost: show {{note}}.",
				  "Примечание приглашающего пропадёт: покажите {{note}}." } },
	[LINT_CREDENTIALS] = { "credentials_in_invitation",
			       false,
			       { "An invitation never holds credentials: take '%s' out.",
				 "В приглашении не бывает учётных данных: уберите «%s»." } },
	[LINT_CREDENTIALS_LOST] = { "credentials_lost",
				    false,
				    { "A password message without '%s' helps nobody: put it in.",
				      "Сообщение с паролем без «%s» бесполезно: добавьте." } },
	[LINT_OUTSIDE_HOST] = { "outside_host",
				false,
				{ "Links and pictures may not lead to '%s'; allow it, or take it "
				  "out.",
				  "Ссылки и картинки не должны вести на «%s»: разрешите этот адрес "
				  "или уберите." } },
	[LINT_UNSAFE] = { "unsafe_html",
			  false,
			  { "'%s' has no place in a mail.", "«%s» в письме недопустимо." } },
	[LINT_SEGMENTS] = { "too_many_segments",
			    false,
			    { "With usual names the SMS has more segments than it may: %s.",
			      "С обычными именами в SMS больше сегментов, чем можно: %s." } },
	[LINT_SEGMENTS_WORST] = { "segments_worst",
				  true,
				  { "With the longest names the SMS would have too many segments, "
				    "and not be sent: %s.",
				    "С самыми длинными именами в SMS будет слишком много "
				    "сегментов, "
				    "и она не уйдёт: %s." } },
	[LINT_RENDER] = { "render_failed", false, { "%s", "%s" } },
};
