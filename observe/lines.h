/* lines.h: the lines of memory that a section touched, each once. A section that takes long, or a
 * flag that is set for good, must not cost for ever: only its first accesses count. */
#ifndef OBSERVE_LINES_H
#define OBSERVE_LINES_H

#include <stdbool.h>
#include <stdint.h>

enum {
	LINES_MOST = 64,          /* more are not kept */
	LINES_ACCESSES = 1 << 16, /* later ones are not looked at */
	LINES_SLOTS = 2 * LINES_MOST,
	LINE_BYTES = 64,
};

/* Zeroed memory is an empty set. */
struct lines {
	uint64_t slot[LINES_SLOTS]; /* a line's number and 1, times two, and 1 if it was written; 0:
				       empty */
	uint32_t accesses;
	uint16_t kept, written;
};

static inline bool line_is_kept(uint64_t slot)
{
	return slot != 0;
}

static inline uint64_t line_number(uint64_t slot)
{
	return slot / 2 - 1;
}

static inline bool line_was_written(uint64_t slot)
{
	return slot & 1;
}

/* Returns a line's first place. Neighbours lie apart: a run of places that are taken would be slow
 * to search. */
static inline unsigned line_place(uint64_t line)
{
	enum { SLOT_BITS = 7 };

	_Static_assert(1 << SLOT_BITS == LINES_SLOTS, "a place for each value of these bits");
	return (unsigned)(line * UINT64_C(0x9e3779b97f4a7c15) >> (64 - SLOT_BITS));
}

/* Returns false if no access will count any more. */
static inline bool lines_note(struct lines *l, uint64_t line, bool wrote)
{
	uint64_t entry = (line + 1) * 2;
	unsigned i = line_place(line);

	if (l->accesses == LINES_ACCESSES)
		return false;
	l->accesses++;
	while (l->slot[i] != 0 && (l->slot[i] & ~(uint64_t)1) != entry)
		i = (i + 1) % LINES_SLOTS;
	if (l->slot[i] == 0) {
		if (l->kept == LINES_MOST)
			return true;
		l->kept++;
		l->slot[i] = entry;
	}
	l->written += wrote && !(l->slot[i] & 1);
	l->slot[i] |= wrote;
	return true;
}

#endif
