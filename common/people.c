#include "people.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "mem.h"
#include "nearest.h"
#include "utf8.h"

#define BATCH_BYTES 8
#define UNUSED_MAX_BYTES 1024
#define TYPO_MAX 1 /* further away it is another column, not this one misspelt */
#define SEPARATORS ",; \t\r\n"
#define BLANKS " \t"
#define NUMBER_GOES_ON "0123456789()-."
#define PHONE_DIGITS_MAX 15 /* ITU-T E.164 */

const char *const column_names[COLUMN_COUNT] = {
	[COLUMN_EMAIL] = "email",	    [COLUMN_NAME] = "name",
	[COLUMN_PHONE] = "phone",	    [COLUMN_ROLE] = "role",
	[COLUMN_DEPARTMENT] = "department", [COLUMN_TEAMS] = "teams",
	[COLUMN_LOCALE] = "locale",	    [COLUMN_TIMEZONE] = "timezone",
	[COLUMN_INVITE] = "invite",	    [COLUMN_USER] = "user",
	[COLUMN_USERNAME] = "username",
};

/* What else a column may be called, small letters and digits only. */
static const struct {
	const char *name;
	enum column column;
} aliases[] = {
	{ "emailaddress", COLUMN_EMAIL },
	{ "mail", COLUMN_EMAIL },
	{ "fullname", COLUMN_NAME },
	{ "phonenumber", COLUMN_PHONE },
	{ "mobile", COLUMN_PHONE },
	{ "team", COLUMN_TEAMS },
	{ "language", COLUMN_LOCALE },
	{ "inviteid", COLUMN_INVITE },
	{ "userid", COLUMN_USER },
	{ "почта", COLUMN_EMAIL },
	{ "электроннаяпочта", COLUMN_EMAIL },
	{ "имя", COLUMN_NAME },
	{ "фио", COLUMN_NAME },
	{ "телефон", COLUMN_PHONE },
	{ "номертелефона", COLUMN_PHONE },
	{ "роль", COLUMN_ROLE },
	{ "отдел", COLUMN_DEPARTMENT },
	{ "команда", COLUMN_TEAMS },
	{ "команды", COLUMN_TEAMS },
	{ "язык", COLUMN_LOCALE },
	{ "часовойпояс", COLUMN_TIMEZONE },
};

struct reading {
	struct people *people;
	enum column columns[CSV_CELLS_MAX]; /* what the cells of a row are */
	size_t count;			    /* of them; 0 = the header has not come yet */
	struct crypto_hash hash;
};

void people_init(struct people *p)
{
	*p = (struct people){ .unused = BUF_INIT(UNUSED_MAX_BYTES) };
}

void people_clear(struct people *p)
{
	for (size_t i = 0; i < p->count; i++) {
		for (size_t c = 0; c < COLUMN_COUNT; c++)
			free(p->list[i].cells[c]);
		free(p->list[i].trouble.text);
		free(p->list[i].identity);
	}
	free(p->list);
	buf_clear(&p->unused);
}

void person_trouble(struct person *p, const char *code, enum column column, const char *text)
{
	if (!p->trouble.code)
		p->trouble = (struct trouble){ code, column, xstrdup(text) };
}

struct person *people_new(struct people *p, int64_t row, struct err *e)
{
	if (p->count == PEOPLE_MAX) {
		err_set(e, ERR_INVALID, "more than %d people in one list", PEOPLE_MAX);
		return NULL;
	}
	p->list = xgrow(p->list, p->count, sizeof(*p->list));
	p->list[p->count] = (struct person){ .row = row };
	return &p->list[p->count++];
}

static void name_batch(struct people *p, struct crypto_hash *h)
{
	unsigned char sum[CRYPTO_HASH_BYTES];

	crypto_hash_final(h, sum);
	crypto_hex(sum, BATCH_BYTES, p->batch);
}

/* Of the alphabets that columns are called in. */
static uint32_t small(uint32_t c)
{
	if (c >= U'А' && c <= U'Я')
		return c + (U'а' - U'А');
	return c < 0x80 ? (uint32_t)tolower((int)c) : c;
}

/* "E-mail address" -> "emailaddress". Letters of other alphabets stay as they are. */
static void plain_name(const char *cell, char *out, size_t size)
{
	size_t len = strlen(cell), n = 0;
	uint32_t c;

	for (size_t i = 0, used; i < len && n + 4 < size; i += used) {
		used = utf8_next(cell + i, len - i, &c);
		used += !used; /* a cell is UTF-8, as csv_file promises */
		if (!strchr(" _-.", cell[i]))
			n += utf8_encode(small(c), out + n);
	}
	out[n] = '\0';
}

static enum column column_of(const char *name)
{
	for (size_t i = 0; i < COLUMN_COUNT; i++)
		if (!strcmp(column_names[i], name))
			return (enum column)i;
	for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
		if (!strcmp(aliases[i].name, name))
			return aliases[i].column;
	return COLUMN_NONE;
}

/* A column that nobody knows: a misspelt one would silently cost everybody's role or language. */
static int unknown_column(struct people *p, const char *cell, const char *name, struct err *e)
{
	struct nearest n = { .word = name };

	for (size_t i = 0; i < COLUMN_COUNT; i++)
		nearest_offer(&n, column_names[i]);
	if (*name && n.distance <= TYPO_MAX)
		return err_set(e, ERR_INVALID, "there is no column '%.40s'; did you mean '%s'?",
			       cell, n.best);
	if (*name)
		buf_fmt(&p->unused, "%s%s", p->unused.len ? ", " : "", cell);
	return OK;
}

static int read_header(struct reading *r, const struct csv_row *row, struct err *e)
{
	size_t seen[COLUMN_COUNT] = { 0 };
	char name[64];

	for (size_t i = 0; i < row->count; i++) {
		plain_name(row->cells[i], name, sizeof(name));
		enum column c = column_of(name);

		r->columns[i] = c;
		if (c == COLUMN_NONE && unknown_column(r->people, row->cells[i], name, e))
			return ERR_INVALID;
		if (c != COLUMN_NONE && seen[c]++)
			return err_set(e, ERR_INVALID,
				       "two columns are called '%s': which one counts?",
				       column_names[c]);
	}
	if (!seen[COLUMN_EMAIL] && !seen[COLUMN_PHONE])
		return err_set(
			e, ERR_INVALID,
			"row %lld names no column 'email'; the first row must name the columns",
			(long long)row->number);
	r->count = row->count;
	return OK;
}

static int take_row(void *ctx, const struct csv_row *row, struct err *e)
{
	struct reading *r = ctx;
	struct person *p;

	for (size_t i = 0; i < row->count; i++)
		crypto_hash_str(&r->hash, row->cells[i]);
	crypto_hash_u64(&r->hash, row->count);
	if (!row->count)
		return OK;
	if (!r->count)
		return read_header(r, row, e);
	p = people_new(r->people, row->number, e);
	if (!p)
		return ERR_INVALID;
	for (size_t i = 0; i < row->count && i < r->count; i++)
		if (r->columns[i] != COLUMN_NONE && *row->cells[i])
			p->cells[r->columns[i]] = xstrdup(row->cells[i]);
	for (size_t i = r->count; i < row->count; i++)
		if (*row->cells[i])
			person_trouble(p, "schema_invalid", COLUMN_NONE,
				       "more cells than the first row has names");
	return OK;
}

/* Names the list whose rows have been read. */
static int finish(struct reading *r, int status, struct err *e)
{
	if (status)
		return status;
	if (!r->people->count)
		return err_set(e, ERR_INVALID, "there is nobody in it");
	name_batch(r->people, &r->hash);
	return OK;
}

int people_read_csv(struct people *p, const char *path, struct err *e)
{
	struct reading r = { .people = p };
	int status;

	crypto_hash_init(&r.hash);
	status = csv_file_read(path, take_row, &r, e);
	if (status) /* it names the path already */
		return status;
	status = finish(&r, OK, e);
	return status ? err_prefix(e, status, "%s", path) : OK;
}

int people_read_csv_text(struct people *p, struct csv_text text, struct err *e)
{
	struct reading r = { .people = p };

	crypto_hash_init(&r.hash);
	return finish(&r, csv_text_read(text, take_row, &r, e), e);
}

void people_name(struct people *p, const void *bytes, size_t len)
{
	struct crypto_hash h;

	crypto_hash_init(&h);
	crypto_hash_field(&h, bytes, len);
	name_batch(p, &h);
}

static size_t digits(const char *at, size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++)
		found += at[i] >= '0' && at[i] <= '9';
	return found;
}

/* Goes on behind white space as long as no number is that long. */
static size_t number_length(const char *at)
{
	size_t n = strcspn(at, SEPARATORS), gap, more;

	for (;; n += gap + more) {
		gap = strspn(at + n, BLANKS);
		more = strspn(at + n + gap, NUMBER_GOES_ON);
		if (!more || digits(at, n + gap + more) > PHONE_DIGITS_MAX ||
		    !strchr(SEPARATORS, at[n + gap + more])) /* its NUL is one, too */
			return n;
	}
}

/* The next one's length. */
static size_t entry_length(const char *at, enum column *column)
{
	size_t n = strcspn(at, SEPARATORS);

	*column = COLUMN_EMAIL;
	if ((*at != '+' && !digits(at, 1)) || memchr(at, '@', n))
		return n;
	*column = COLUMN_PHONE;
	return number_length(at);
}

int people_add(struct people *p, const char *whom, int64_t now_ms, struct err *e)
{
	struct crypto_hash h;
	enum column column;

	crypto_hash_init(&h);
	crypto_hash_u64(&h, (uint64_t)now_ms);
	for (const char *at = whom + strspn(whom, SEPARATORS); *at; at += strspn(at, SEPARATORS)) {
		size_t n = entry_length(at, &column);
		struct person *who = people_new(p, (int64_t)p->count + 1, e);

		if (!who)
			return ERR_INVALID;
		who->cells[column] = xstrndup(at, n);
		crypto_hash_field(&h, at, n);
		at += n;
	}
	if (!p->count)
		return err_set(e, ERR_INVALID, "there is no address in 'to'");
	name_batch(p, &h);
	return OK;
}
