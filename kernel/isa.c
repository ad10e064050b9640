#include "isa.h"

#include <string.h>

static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static size_t digits(const char *p, const char *end)
{
	size_t n = 0;

	while (p + n < end && is_digit(p[n]))
		n++;
	return n;
}

/* Is the text empty, or a version such as "2p0" or "1"? */
static bool is_version(const char *p, const char *end)
{
	if (p == end)
		return true;
	p += digits(p, end);
	if (p < end - 1 && is_digit(p[-1]) && small(*p) == 'p')
		p += 1 + digits(p + 1, end);
	return p == end && is_digit(p[-1]);
}

static bool word_is(const char *p, const char *end, const char *name)
{
	for (; *name != 0; p++, name++)
		if (p == end || small(*p) != *name)
			return false;
	return is_version(p, end);
}

/* Returns where the extensions of more than one letter begin in the first word: the first
 * may follow "rv64" and the letters without an underscore. */
static const char *behind_letters(const char *p, const char *end)
{
	p += end - p < 4 ? end - p : 4;
	while (p < end && strchr("szx", small(*p)) == NULL)
		p++;
	return p;
}

/* Does the string have the extension (unprivileged manual, "ISA Extension Naming Conventions")? */
static bool text_has(const char *text, const char *name)
{
	const char *end = text + strcspn(text, "_");

	if (word_is(behind_letters(text, end), end, name))
		return true;
	while (*end == '_') {
		text = end + 1;
		end = text + strcspn(text, "_");
		if (word_is(text, end, name))
			return true;
	}
	return false;
}

/* Is the word the name, whatever its letters' case? */
static bool is_same(const char *word, const char *name)
{
	while (*word != 0 && small(*word) == *name)
		word++, name++;
	return *word == *name;
}

bool isa_has(const struct isa *isa, const char *name)
{
	if (isa->list == NULL)
		return isa->text != NULL && text_has(isa->text, name);
	for (size_t at = 0; at < isa->list_len; at += strlen(isa->list + at) + 1)
		if (is_same(isa->list + at, name))
			return true;
	return false;
}

static void write_text(const char *text, void (*put)(char c))
{
	while (*text != 0)
		put(small(*text++));
}

static void write_letters(const struct isa *isa, void (*put)(char c))
{
	for (size_t at = 0; at < isa->list_len; at += strlen(isa->list + at) + 1)
		if (strlen(isa->list + at) == 1)
			write_text(isa->list + at, put);
}

static void write_words(const struct isa *isa, void (*put)(char c))
{
	for (size_t at = 0; at < isa->list_len; at += strlen(isa->list + at) + 1) {
		if (strlen(isa->list + at) < 2)
			continue;
		put('_');
		write_text(isa->list + at, put);
	}
}

void isa_write(const struct isa *isa, void (*put)(char c))
{
	if (isa->list == NULL) {
		write_text(isa->text != NULL ? isa->text : "", put);
		return;
	}
	write_text("rv64", put); /* this kernel runs on no other base */
	write_letters(isa, put);
	write_words(isa, put);
}
