#include "term.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "mem.h"

#define GAP "  "
#define INDENT "    " /* of notes */
#define NARROWEST 20  /* a terminal that says it has fewer columns is not believed */

static const char *const tone_codes[] = {
	[TONE_PLAIN] = "",	 [TONE_GOOD] = "\033[32m", [TONE_WARN] = "\033[33m",
	[TONE_BAD] = "\033[31m", [TONE_FAINT] = "\033[2m",
};

static bool colour(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && *no);
}

bool term_is_live(void)
{
	return isatty(STDERR_FILENO);
}

/* The next character of s as bytes, and how many columns it takes; what is no printable character
   becomes a question mark. */
static size_t next_char(const char *s, const char **shown, size_t *bytes, size_t *width)
{
	wchar_t wide;
	mbstate_t state = { 0 };
	size_t n = mbrtowc(&wide, s, strlen(s), &state);
	int columns = n >= 1 && n <= MB_LEN_MAX ? wcwidth(wide) : -1;

	if (columns < 0) {
		*shown = "?";
		*bytes = *width = 1;
		return n >= 1 && n <= MB_LEN_MAX ? n : 1;
	}
	*shown = s;
	*bytes = n;
	*width = (size_t)columns;
	return n;
}

/* Writes text, printable, to f (NULL = nowhere); returns its width in columns. */
static size_t show(FILE *f, const char *text)
{
	size_t columns = 0, bytes, width;
	const char *shown;

	while (*text) {
		text += next_char(text, &shown, &bytes, &width);
		if (f)
			fwrite(shown, 1, bytes, f);
		columns += width;
	}
	return columns;
}

void term_print(enum tone tone, const char *text)
{
	bool coloured = tone != TONE_PLAIN && colour();

	if (coloured)
		fputs(tone_codes[tone], stdout);
	show(stdout, text);
	if (coloured)
		fputs("\033[0m", stdout);
}

void term_cell(enum tone tone, const char *text, size_t width)
{
	size_t used = show(NULL, text);

	term_print(tone, text);
	printf("%*s%s", used < width ? (int)(width - used) : 0, "", GAP);
}

void term_progress(const char *text)
{
	if (!term_is_live())
		return;
	fflush(stdout);
	fputs("\r\033[K", stderr);
	show(stderr, text);
	fflush(stderr);
}

void table_init(struct table *t, size_t columns)
{
	*t = (struct table){ .columns = columns };
}

void table_cell(struct table *t, enum tone tone, const char *text)
{
	t->cells = xgrow(t->cells, t->count, sizeof(*t->cells));
	t->tones = xgrow(t->tones, t->count, sizeof(*t->tones));
	t->cells[t->count] = xstrdup(text ? text : "");
	t->tones[t->count++] = tone;
}

void table_note(struct table *t, enum tone tone, const char *text)
{
	if (!text || !*text)
		return;
	t->notes = xgrow(t->notes, t->note_count, sizeof(*t->notes));
	t->notes[t->note_count++] =
		(struct table_note){ .at = t->count, .text = xstrdup(text), .tone = tone };
}

/* Columns of the terminal; as many as wanted where nobody looks at one. */
static size_t screen_width(void)
{
	struct winsize w;

	if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 ||
	    w.ws_col < NARROWEST)
		return SIZE_MAX;
	return w.ws_col;
}

static void print_note(const struct table_note *n, size_t columns)
{
	autofree char *text = xstrdup(n->text);
	char *rest = NULL;
	size_t used = 0;

	for (char *w = strtok_r(text, " ", &rest); w; w = strtok_r(NULL, " ", &rest)) {
		size_t width = show(NULL, w);

		if (!used || used + 1 + width > columns) {
			fputs(used ? "\n" INDENT : INDENT, stdout);
			used = strlen(INDENT);
		} else {
			putchar(' ');
			used++;
		}
		term_print(n->tone, w);
		used += width;
	}
	putchar('\n');
}

/* Whether nothing stands behind cell i in its row: then no spaces are written, either. */
static bool row_ends(const struct table *t, size_t i)
{
	while (++i % t->columns)
		if (t->cells[i][0])
			return false;
	return true;
}

void table_print(const struct table *t)
{
	size_t screen = screen_width(), next_note = 0;
	size_t widths[TABLE_COLUMNS_MAX] = { 0 };

	for (size_t i = 0; i < t->count; i++) {
		size_t w = show(NULL, t->cells[i]);

		if (w > widths[i % t->columns])
			widths[i % t->columns] = w;
	}
	for (size_t i = 0; i < t->count; i++) {
		bool last = i % t->columns == t->columns - 1;

		if (!last && row_ends(t, i)) {
			term_print(t->tones[i], t->cells[i]);
			i += t->columns - 1 - i % t->columns - 1; /* on to its last cell */
			continue;
		}
		if (!last) {
			term_cell(t->tones[i], t->cells[i], widths[i % t->columns]);
			continue;
		}
		term_print(t->tones[i], t->cells[i]);
		putchar('\n');
		while (next_note < t->note_count && t->notes[next_note].at == i + 1)
			print_note(&t->notes[next_note++], screen);
	}
}

void table_clear(struct table *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i]);
	for (size_t i = 0; i < t->note_count; i++)
		free(t->notes[i].text);
	free(t->cells);
	free(t->tones);
	free(t->notes);
	*t = (struct table){ .columns = t->columns };
}
