/* stuck.h: what a pass looks like from outside, while it runs or hangs (bench.h says
 * who asks). */
#ifndef BENCH_STUCK_H
#define BENCH_STUCK_H

#include "send.h"

/* Where things are, for who can only look at memory, when no hart says anything any more:
 * host/hartlock/diagnose/memory_view.py, which finds it by its name. Addresses, and bytes. */
struct stuck_view {
	uint64_t harts; /* of the pass that runs; 0: none, and the rest means nothing */
	uint64_t trial;
	uint64_t strategy, pass; /* their names */
	uint64_t lock, lock_bytes;
	uint64_t node, node_bytes, node_stride; /* hart 0's; from one hart's to the next's */
	uint64_t ops, ops_stride;               /* the same */
};

extern struct stuck_view stuck_view;

/* The pass that runs from now on; NULL: none. */
void stuck_pass(const struct run *run);

#endif
