/* profile.h: the machine that is modelled, as model/machines/NAME.toml gives it.
 *
 * The file is TOML of the flattest kind, `key = value` with numbers and
 * booleans only, so that any TOML reader and this one agree. The reader is
 * strict: a key that is unknown, missing (where keys.def has no default) or given
 * twice, or a value out of range, is an error with its line.
 *
 * Times are kept in ticks of a tenth of a cycle, the resolution of the file. */
#ifndef MODEL_PROFILE_H
#define MODEL_PROFILE_H

#include <stddef.h>
#include <stdint.h>

enum { TICKS_PER_CYCLE = 10 };

/* A field for each key of keys.def, which explains it. Times are ticks. */
struct profile {
#define COUNT(key, ...)  uint64_t key;
#define SWITCH(key, ...) uint64_t key;
#define TIME(key, ...)   uint64_t key;
#include "keys.def"
};

enum { PROFILE_ERROR = 200 };

/* Read `path`. Returns NULL, or says what is wrong, in error[PROFILE_ERROR]. */
const char *profile_read(struct profile *p, const char *path, char error[PROFILE_ERROR]);

/* Read a profile as profile_read() does, from text that ends in NUL. `name` stands for
 * the file in messages. */
const char *profile_parse(struct profile *p, const char *name, const char *text,
			  char error[PROFILE_ERROR]);

#endif
