/* send.h: the records of a plan, a pass and a trial (docs/reference/records.md). */
#ifndef BENCH_SEND_H
#define BENCH_SEND_H

#include <stddef.h>
#include <stdint.h>

#include "strategy.h"

/* One pass of one trial. */
struct run {
	const struct plan *plan;
	const struct strategy *strategy;
	struct workload work; /* the plan's, and this trial's offset */
	struct slot *slots;   /* of harts 0 .. harts - 1 */
	unsigned trial, harts;
	enum pass pass;
	uint64_t warmup, duration; /* ticks */
	uintptr_t heap_start, heap_end;
	unsigned postponed; /* times the window waited for a hart to begin */
	uint64_t deadline;  /* ticks: of the rounds of exhaust.h */
};

void send_plan(const struct plan *plan);

/* The words of docs/reference/records.md. */
extern const char *const pass_names[PASSES];

/* What a pass that has ended did; `used` bytes of its heap were handed out. */
void send_pass(const struct run *run, size_t used);

/* The rounds behind the passes. */
struct exhaust;
void send_exhaust(const struct run *run, const struct exhaust *sum);

/* `kind` is wait, hold, response or clock. */
void send_histogram(unsigned trial, unsigned hart, const char *kind, const struct histogram *h);

/* The last record of a trial; `status` is done, or why it was not run. */
void send_trial(unsigned trial, const char *strategy, unsigned harts, const char *status);

#endif
