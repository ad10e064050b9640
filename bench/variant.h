/* variant.h: worker.c is compiled twice for each strategy. Hooks in section_lock.h and
 * section_lockfree.h do the additional work of a section: in the plain variant
 * (variant_plain.h) they are empty, so that its loop has nothing that its workload does not ask
 * for; in the full one (variant_full.h) each looks whether there is something to do.
 * plan_needs_full() says which one a plan runs, and @pass which one ran. */
#ifndef BENCH_VARIANT_H
#define BENCH_VARIANT_H

#include <stdint.h>

#include "hart_stats.h"
#include "plan.h"

/* Further lines that all harts write: counters, so that a lost write shows. */
struct touch_line {
	_Alignas(LINE) aptr word;
};
extern struct touch_line touch_lines[MOST_touch];

/* The caller guarantees that no worker is running, here and below. */
void touch_lines_clear(void);

/* Returns the sum of all lines' counters. */
uint64_t touch_lines_sum(void);

/* Returns where the lock, or what stands for it, lies from its memory's start on: drawn anew
 * for each trial where the workload's placement is random; bytes, a multiple of 8 below
 * PLACEMENT_SPAN. */
uint32_t placement_offset(const struct workload *work, uint64_t random);

#endif
