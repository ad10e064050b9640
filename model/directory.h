/* directory.h: what is known of every line that was ever touched. */
#ifndef MODEL_DIRECTORY_H
#define MODEL_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NOBODY = -1 };

/* MESI: a line is Modified or Exclusive in `owner` when owner is the only
 * sharer, Owned there (MOESI) when there are others, Shared in all of `sharers`
 * without an owner, else Invalid everywhere. */
struct line {
	uint64_t number;  /* address / 64; UINT64_MAX in an unused entry */
	uint64_t sharers; /* bit h: hart h has a copy */
	uint64_t busy;    /* the directory works on it until then */
	uint64_t held;    /* its owner's LR kept it until then */
	int owner;        /* hart, or NOBODY */
	bool cached;      /* the shared cache has it: it was fetched before */
};

struct directory {
	struct line *entry;
	size_t room, used; /* room is a power of two */
};

bool directory_init(struct directory *d);
void directory_clear(struct directory *d);
void directory_free(struct directory *d);

/* The entry of line `number`, new if need be; valid until the next call. NULL
 * when there is no memory for it. */
struct line *directory_find(struct directory *d, uint64_t number);

#endif
