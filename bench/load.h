/* load.h: what a section does beside hold, as hooks that section_lock.h and
 * section_lockfree.h call. worker.c is compiled twice for each strategy: with
 * load_none.h, whose hooks are nothing, so that the plain loop has nothing in it
 * that its workload does not ask for; and with load_full.h, which asks at each
 * hook what there is to do. The plan decides which is run: load_wanted(). */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan.h"
#include "slot.h"

/* Does the plan ask for anything that load_none.h does not do? */
bool load_wanted(const struct plan *plan);

/* Further lines that all harts write: counters, so that what is lost shows. */
struct load_line {
	_Alignas(LINE) aptr word;
};
extern struct load_line load_lines[TOUCH_MAX];

/* No worker is running, here and below. */
void load_lines_clear(void);

/* How often all of them were counted up. */
uint64_t load_lines_sum(void);

/* Where the lock, or what stands for it, lies from its memory's start on: drawn
 * anew for each trial where the workload's placement is random; bytes, a multiple
 * of 8 below PLACEMENT_SPAN. */
uint32_t load_offset(const struct workload *work, uint64_t random);

#endif
