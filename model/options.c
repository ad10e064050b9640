#include "options.h"

#include <stdlib.h>
#include <string.h>

static bool number(const char *text, uint64_t *value)
{
	char *end;

	if (*text < '0' || *text > '9' || strlen(text) > 19)
		return false;
	*value = strtoull(text, &end, 10);
	return *end == 0;
}

/* Read a boolean, which QEMU writes as on or off. Returns false when it is neither. */
static bool boolean(const char *text, bool *value)
{
	*value = strcmp(text, "on") == 0;
	return *value || strcmp(text, "off") == 0;
}

static bool is(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(text, word, len) == 0;
}

static const char *read_one(struct arguments *a, const char *text)
{
	struct options *o = &a->options;
	size_t len = strcspn(text, "=");
	const char *value = text + len + 1;

	if (text[len] == 0)
		return "not key=value";
	if (is(text, len, "machine")) {
		a->machine = value;
		return *value != 0 ? NULL : "no file named";
	}
	if (is(text, len, "seed"))
		return number(value, &o->seed) ? NULL : "not a number";
	if (is(text, len, "livelock"))
		return number(value, &o->livelock) && o->livelock < 1000000000000u
			     ? NULL
			     : "not a number in range";
	if (is(text, len, "watchdog"))
		return number(value, &o->watchdog) ? NULL : "not a number";
	if (is(text, len, "parking"))
		return boolean(value, &o->parking) ? NULL : "neither on nor off";
	if (is(text, len, "pinning"))
		return boolean(value, &o->pinning) ? NULL : "neither on nor off";
	return "unknown argument";
}

const char *options_read(struct arguments *a, int argc, char **argv, const char **at)
{
	*a = (struct arguments){.options = {.seed = 1,
					    .livelock = 20000000,
					    .watchdog = 20,
					    .parking = true,
					    .pinning = true}};
	for (int i = 0; i < argc; i++) {
		const char *wrong = read_one(a, argv[i]);

		*at = argv[i];
		if (wrong != NULL)
			return wrong;
	}
	*at = "machine=FILE";
	return a->machine != NULL ? NULL : "argument missing";
}
