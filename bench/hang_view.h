/* hang_view.h: the view of a pass from outside, while it runs or hangs (bench.h says who
 * asks). */
#ifndef BENCH_HANG_VIEW_H
#define BENCH_HANG_VIEW_H

#include <stdint.h>

#include "pass_run.h"

/* Where the lock and the nodes are, as addresses and bytes. host/hartlock/diagnose/memory_view.py
 * finds it by its name, and looks at memory when no hart answers any more. */
struct hang_view {
	uint64_t harts; /* harts of the pass that runs; 0: none runs, and the rest means nothing */
	uint64_t trial;
	uint64_t strategy, pass; /* their names */
	uint64_t lock, lock_bytes;
	uint64_t node, node_bytes, node_stride; /* hart 0's node; bytes from a node to the next */
	uint64_t ops, ops_stride;               /* hart 0's counter, and likewise */
	uint64_t awaits, awaits_stride;         /* hart 0's shootdown_seat.awaits, and likewise */
	/* With several locks: hart 0's words that point to its outer and its inner lock, which lie
	 * as far apart as nodes do; bytes from a lock to the next. Otherwise 0. */
	uint64_t outer, inner, lock_stride;
};

extern struct hang_view hang_view;

/* Says which pass runs from now on; NULL: none. */
void hang_view_pass(const struct pass_run *run);

#endif
