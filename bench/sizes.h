/* sizes.h: sizes of blocks that vary, drawn from a named distribution of 64 equally
 * likely entries. All are multiples of the distribution's unit, which every
 * alignment must divide: so blocks lie without padding between them, and bytes
 * handed out are bytes asked for, exactly. The shapes are assumed, not measured
 * (docs/use/workloads.md has them as a table), but for SIZES_OBSERVED: its entries
 * are the plan's. */
#ifndef BENCH_SIZES_H
#define BENCH_SIZES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "delay.h"

enum sizes { SIZES_FIXED, SIZES_SMALL, SIZES_PAGES, SIZES_MIXED, SIZES_OBSERVED, SIZES_KINDS };
enum { SIZES_ENTRIES = 64, SIZES_BITS = 6 };

extern uint32_t sizes_table[SIZES_KINDS][SIZES_ENTRIES]; /* bytes; none for SIZES_FIXED */

/* Empty the entries of SIZES_OBSERVED; make the next `entries` of them a size, in bytes. Returns
 * false for what does not fit. */
void sizes_clear(void);
bool sizes_add(uint32_t size, uint64_t entries);

/* Does SIZES_OBSERVED have all its entries? */
bool sizes_given(void);

/* Returns the next size. The caller guarantees: `kind` is not SIZES_FIXED, and has its
 * entries, here and below. */
static inline size_t sizes_draw(enum sizes kind, uint64_t *random)
{
	/* the highest bits: an xorshift's best */
	return sizes_table[kind][random_next(random) >> (64 - SIZES_BITS)];
}

/* Return the largest power of two that divides all sizes, and the largest size, in bytes. */
size_t sizes_unit(enum sizes kind);
size_t sizes_largest(enum sizes kind);

#endif
