/* sizes.h: sizes of blocks that vary, drawn from a named distribution of 64 equally
 * likely entries. All are multiples of the distribution's unit, which every
 * alignment must divide: so blocks lie without padding between them, and bytes
 * handed out are bytes asked for, exactly. The shapes are assumed, not measured;
 * docs/use/workloads.md has them as a table. */
#ifndef BENCH_SIZES_H
#define BENCH_SIZES_H

#include <stddef.h>
#include <stdint.h>

#include "delay.h"

enum sizes { SIZES_FIXED, SIZES_SMALL, SIZES_PAGES, SIZES_MIXED, SIZES_KINDS };
enum { SIZES_ENTRIES = 64, SIZES_BITS = 6 };

extern const char *const sizes_names[SIZES_KINDS];
extern const uint32_t sizes_table[SIZES_KINDS][SIZES_ENTRIES]; /* bytes; none for SIZES_FIXED */

/* Returns the next size. The caller guarantees: `kind` is not SIZES_FIXED, here and below. */
static inline size_t sizes_draw(enum sizes kind, uint64_t *random)
{
	/* the highest bits: an xorshift's best */
	return sizes_table[kind][random_next(random) >> (64 - SIZES_BITS)];
}

/* Return the largest power of two that divides all sizes, and the largest size, in bytes. */
size_t sizes_unit(enum sizes kind);
size_t sizes_largest(enum sizes kind);

#endif
