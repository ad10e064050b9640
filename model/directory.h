/* directory.h: the state of every line that was ever touched. */
#ifndef MODEL_DIRECTORY_H
#define MODEL_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NOBODY = -1 };

/* The state of a line is MESI's: it is Modified (`written`) or Exclusive in `owner` when owner
 * is the only sharer, Owned there (MOESI) when there are others, Shared in all of `sharers`
 * when it has no owner, else Invalid everywhere. Modified and Exclusive cost the same. */
struct line {
	uint64_t number;  /* address / 64; UINT64_MAX in an unused entry */
	uint64_t sharers; /* bit h: hart h has a copy */
	uint64_t busy;    /* the directory works on it until then */
	uint64_t held;    /* its owner's LR kept it until then */
	int owner;        /* hart, or NOBODY */
	bool cached;      /* the shared cache has the line, because it was fetched before */
	bool written;     /* by its owner, since that has it */
};

struct directory {
	struct line *entry;
	size_t room, used; /* room is a power of two */
};

bool directory_init(struct directory *d);
void directory_clear(struct directory *d);
void directory_free(struct directory *d);

/* Returns the entry of line `number`, a new one if need be. It is valid until the next
 * call. Returns NULL when there is no memory for it. */
struct line *directory_find(struct directory *d, uint64_t number);

#endif
