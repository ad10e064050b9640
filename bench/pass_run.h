/* pass_run.h: the state of a pass of a trial: what runs, on which harts, in which heap. */
#ifndef BENCH_PASS_RUN_H
#define BENCH_PASS_RUN_H

#include <stdint.h>

#include "hart_stats.h"
#include "plan.h"
#include "strategy.h"

struct pass_run {
	const struct plan *plan;
	const struct strategy *strategy;
	struct workload work;     /* the plan's workload, with this trial's offset */
	struct hart_stats *stats; /* the stats of harts 0 .. harts - 1 */
	unsigned trial, harts;
	size_t lock_bytes; /* the size of a lock, where there are several */
	enum pass pass;
	uint64_t warmup, duration; /* ticks */
	uintptr_t heap_start, heap_end;
	unsigned postponed; /* times the window waited for a hart to begin */
};

#endif
