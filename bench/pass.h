/* pass.h: one pass of one trial. All its harts start together, warm up, and allocate until
 * the window closes. */
#ifndef BENCH_PASS_H
#define BENCH_PASS_H

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
	enum pass pass;
	uint64_t warmup, duration; /* ticks */
	uintptr_t heap_start, heap_end;
	unsigned postponed; /* times the window waited for a hart to begin */
	uint64_t deadline;  /* ticks: the end of the rounds of exhaust.h */
};

/* Plays run->pass and reports it. The caller has filled in plan, strategy, work, trial, harts
 * and pass. */
void pass_play(struct pass_run *run);

/* Plays the rounds of exhaust.h and reports them. Nobody is stopped in a round, for it is over
 * too soon, and nobody keeps a schedule in it. */
void pass_exhaust(struct pass_run *run);

#endif
