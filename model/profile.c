#include "profile.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum kind { COUNT, BOOLEAN, TIME };

struct key {
	const char *name;
	enum kind kind;
	uint64_t least, most; /* bounds of a COUNT; a TIME's are in cycles */
	size_t offset;
};

#define FIELD(name) #name
#define AT(name)    offsetof(struct profile, name)

/* clang-format off */
static const struct key keys[] = {
	{FIELD(clock_mhz),     COUNT,   1, 100000, AT(clock_mhz)},
	{FIELD(harts),         COUNT,   1, 64,     AT(harts)},
	{FIELD(cluster_harts), COUNT,   1, 64,     AT(cluster_harts)},
	{FIELD(mesh_columns),  COUNT,   1, 64,     AT(mesh_columns)},
	{FIELD(l1_sets),       COUNT,   1, 4096,   AT(l1_sets)},
	{FIELD(l1_ways),       COUNT,   1, 64,     AT(l1_ways)},
	{FIELD(banks),         COUNT,   1, 256,    AT(banks)},
	{FIELD(store_buffer),  COUNT,   0, 64,     AT(store_buffer)},
	{FIELD(moesi),         BOOLEAN, 0, 1,      AT(moesi)},
	{FIELD(amo_far),       BOOLEAN, 0, 1,      AT(amo_far)},
	{FIELD(l1_load),       TIME,    1, 100000, AT(l1_load)},
	{FIELD(l1_store),      TIME,    1, 100000, AT(l1_store)},
	{FIELD(l1_amo),        TIME,    1, 100000, AT(l1_amo)},
	{FIELD(transfer),      TIME,    1, 100000, AT(transfer)},
	{FIELD(upgrade),       TIME,    1, 100000, AT(upgrade)},
	{FIELD(invalidate),    TIME,    0, 100000, AT(invalidate)},
	{FIELD(shared),        TIME,    1, 100000, AT(shared)},
	{FIELD(memory),        TIME,    1, 100000, AT(memory)},
	{FIELD(far_amo),       TIME,    1, 100000, AT(far_amo)},
	{FIELD(hop),           TIME,    0, 100000, AT(hop)},
	{FIELD(bank_busy),     TIME,    0, 100000, AT(bank_busy)},
	{FIELD(lr_hold),       TIME,    0, 100000, AT(lr_hold)},
	{FIELD(store_delay),   TIME,    0, 100000, AT(store_delay)},
	{FIELD(op),            TIME,    1, 1000,   AT(op)},
	{FIELD(branch),        TIME,    1, 1000,   AT(branch)},
	{FIELD(jump),          TIME,    1, 1000,   AT(jump)},
	{FIELD(mul),           TIME,    1, 1000,   AT(mul)},
	{FIELD(div),           TIME,    1, 1000,   AT(div)},
	{FIELD(fp),            TIME,    1, 1000,   AT(fp)},
	{FIELD(csr),           TIME,    1, 1000,   AT(csr)},
	{FIELD(fence),         TIME,    1, 1000,   AT(fence)},
	{FIELD(pause),         TIME,    1, 1000,   AT(pause)},
};
/* clang-format on */

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
	if (kind == COUNT)
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

static bool in_range(const struct key *key, uint64_t value)
{
	uint64_t unit = key->kind == TIME ? TICKS_PER_CYCLE : 1;

	return value >= key->least * unit && value <= key->most * unit;
}

static const char *read_value(struct profile *p, const struct key *key, struct span s)
{
	uint64_t value;

	if (key->kind == BOOLEAN ? !boolean(s, &value) : !number(s, key->kind, &value))
		return key->kind == BOOLEAN ? "true or false is wanted for"
		     : key->kind == TIME
			     ? "a number of cycles with at most one decimal is wanted for"
			     : "a whole number is wanted for";
	if (!in_range(key, value))
		return "out of range:";
	memcpy((char *)p + key->offset, &value, sizeof(value));
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

static const char *complete(const char *name, const bool *seen, char error[PROFILE_ERROR])
{
	for (size_t i = 0; i < KEYS; i++) {
		if (seen[i])
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
	return complete(name, seen, error);
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
