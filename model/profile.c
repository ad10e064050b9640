#include "profile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum kind { WHOLE, BOOLEAN, CYCLES };

struct key {
	const char *name;
	enum kind kind;
	uint64_t least, most; /* as the field has them: a time's are ticks */
	const char *usual;    /* a value, the name of a key further up, or NEEDED */
	size_t offset;
};

#define TICKS(cycles) (uint64_t)((cycles)*TICKS_PER_CYCLE + 0.5)
#define AT(name)      offsetof(struct profile, name)

static const struct key keys[] = {
#define COUNT(key, least, most, usual, ...) {#key, WHOLE, least, most, #usual, AT(key)},
#define SWITCH(key, usual, ...)             {#key, BOOLEAN, 0, 1, #usual, AT(key)},
#define TIME(key, least, most, usual, ...) \
	{#key, CYCLES, TICKS(least), TICKS(most), #usual, AT(key)},
#include "keys.def"
};

enum { KEYS = sizeof(keys) / sizeof(*keys) };

/* A part of a line, without blanks around it and without the comment. */
struct span {
	const char *p, *end;
};

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span s)
{
	while (s.p < s.end && blank(*s.p))
		s.p++;
	while (s.p < s.end && blank(s.end[-1]))
		s.end--;
	return s;
}

static bool is(struct span s, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(s.end - s.p) == n && memcmp(s.p, word, n) == 0;
}

/* Read the digits from *p on. Returns false when there are none or too many. */
static bool digits(const char **p, const char *end, uint64_t *value)
{
	enum { DIGITS = 9 };
	const char *from = *p;

	*value = 0;
	while (*p < end && **p >= '0' && **p <= '9')
		*value = *value * 10 + (uint64_t)(*(*p)++ - '0');
	return *p > from && *p - from <= DIGITS;
}

/* Read a number such as 12, or 2.4 where a time is wanted; times have at most one decimal. */
static bool number(struct span s, enum kind kind, uint64_t *value)
{
	uint64_t tenth = 0;

	if (!digits(&s.p, s.end, value))
		return false;
	if (kind == WHOLE)
		return s.p == s.end;
	if (s.p < s.end && *s.p == '.') {
		s.p++;
		if (s.end - s.p != 1 || !digits(&s.p, s.end, &tenth))
			return false;
	}
	*value = *value * TICKS_PER_CYCLE + tenth;
	return s.p == s.end;
}

static bool boolean(struct span s, uint64_t *value)
{
	*value = is(s, "true");
	return *value == 1 || is(s, "false");
}

static uint64_t *field(struct profile *p, const struct key *key)
{
	return (uint64_t *)((char *)p + key->offset);
}

static const char *read_value(struct profile *p, const struct key *key, struct span s)
{
	uint64_t value;

	if (key->kind == BOOLEAN ? !boolean(s, &value) : !number(s, key->kind, &value))
		return key->kind == BOOLEAN ? "true or false is wanted for"
		     : key->kind == CYCLES
			     ? "a number of cycles with at most one decimal is wanted for"
			     : "a whole number is wanted for";
	if (value < key->least || value > key->most)
		return "out of range:";
	*field(p, key) = value;
	return NULL;
}

/* Read one line. Returns NULL, or says what is wrong; *what is then the word that is. */
static const char *read_line(struct profile *p, bool *seen, struct span line, struct span *what)
{
	const char *comment = memchr(line.p, '#', (size_t)(line.end - line.p));
	const char *equals;

	if (comment != NULL)
		line.end = comment;
	*what = line = trim(line);
	if (line.p == line.end)
		return NULL;
	equals = memchr(line.p, '=', (size_t)(line.end - line.p));
	if (equals == NULL)
		return "not key = value:";
	*what = trim((struct span){line.p, equals});
	for (size_t i = 0; i < KEYS; i++) {
		if (!is(*what, keys[i].name))
			continue;
		if (seen[i])
			return "given twice:";
		seen[i] = true;
		return read_value(p, &keys[i], trim((struct span){equals + 1, line.end}));
	}
	return "unknown key";
}

static struct span span_of(const char *word)
{
	return (struct span){word, word + strlen(word)};
}

/* Give a key that the profile does not name its usual value. Returns false where it has none. */
static bool take_usual(struct profile *p, const struct key *key)
{
	for (const struct key *other = keys; other < key; other++)
		if (strcmp(other->name, key->usual) == 0) {
			*field(p, key) = *field(p, other);
			return true;
		}
	return read_value(p, key, span_of(key->usual)) == NULL;
}

static const char *complete(struct profile *p, const char *name, const bool *seen,
			    char error[PROFILE_ERROR])
{
	for (size_t i = 0; i < KEYS; i++) {
		if (seen[i] || take_usual(p, &keys[i]))
			continue;
		snprintf(error, PROFILE_ERROR, "%s: key %s is missing", name, keys[i].name);
		return error;
	}
	return NULL;
}

const char *profile_parse(struct profile *p, const char *name, const char *text,
			  char error[PROFILE_ERROR])
{
	bool seen[KEYS] = {false};

	for (int number = 1; *text != 0; number++) {
		size_t len = strcspn(text, "\n");
		struct span what;
		const char *wrong = read_line(p, seen, (struct span){text, text + len}, &what);

		if (wrong != NULL) {
			snprintf(error, PROFILE_ERROR, "%s:%d: %s %.*s", name, number, wrong,
				 (int)(what.end - what.p), what.p);
			return error;
		}
		text += len + (text[len] == '\n');
	}
	return complete(p, name, seen, error);
}

const char *profile_read(struct profile *p, const char *path, char error[PROFILE_ERROR])
{
	char text[16384];
	FILE *file = fopen(path, "r");
	size_t len;

	if (file == NULL) {
		snprintf(error, PROFILE_ERROR, "%s: %s", path, strerror(errno));
		return error;
	}
	len = fread(text, 1, sizeof(text), file);
	fclose(file);
	if (len == sizeof(text)) {
		snprintf(error, PROFILE_ERROR, "%s: longer than %zu bytes", path, sizeof(text) - 1);
		return error;
	}
	text[len] = 0;
	return profile_parse(p, path, text, error);
}
