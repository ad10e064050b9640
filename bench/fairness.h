/* fairness.h: who asked, and who was granted, in which order.
 *
 * In the fairness pass each operation draws a request number at the call, by an
 * AMO on a line that all harts share; under a lock its owner then takes a grant
 * number, by a plain increment that the lock protects. Without a lock, the block's
 * address is the order of the grants. Each hart keeps what it saw in memory of its
 * own; when all have stopped, one hart goes through it in the order of the grants
 * and counts. docs/trust/fairness.md defines what. */
#ifndef BENCH_FAIRNESS_H
#define BENCH_FAIRNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cluster.h"
#include "hart_stats.h"
#include "histogram.h"
#include "port_clock.h"
#include "strategy.h"
#include "window.h"

/* What all harts share while the pass runs, alone on its line. */
struct fairness {
	_Alignas(LINE) aptr requests; /* drawn so far */
};

extern struct fairness fairness;

/* The call of an operation is about to begin. */
static inline void fairness_ask(struct grant *g)
{
	/* relaxed: a number, and nothing is published by it. A core may let the
	 * lock's own first access go ahead of it; docs/trust/fairness.md says how far
	 * such a gap reaches. */
	g->request = aptr_fetch_add_relaxed(&fairness.requests, 1);
	g->asked = port_time();
	g->released = 0;
}

/* The lock is this hart's, and so is the count of its grants. */
static inline void fairness_own(struct grant *g, uint64_t *grants)
{
	g->owned = port_time();
	g->order = ++*grants;
}

/* There is no lock, and the block is this hart's; NULL: there is none. */
static inline void fairness_got(struct grant *g, const void *block)
{
	g->owned = port_time();
	g->order = (uintptr_t)block;
}

/* The lock is about to be released. */
static inline void fairness_release(struct grant *g)
{
	g->released = port_time();
}

/* Keep it, if it was granted after the window opened. False: there is no room
 * for another one. */
static inline bool fairness_keep(struct grants *mine, const struct grant *g)
{
	enum phase phase = window_phase();

	if (g->order == 0)
		return true;
	if (phase == WARMUP) {
		mine->before = g->order;
		return true;
	}
	if (mine->count < mine->room) {
		mine->log[mine->count++] = *g;
		mine->inside += phase == MEASURE;
	}
	return mine->count < mine->room;
}

/* Before a pass: take the logs of harts 0 .. harts - 1 from the end of the memory
 * [start, end); returns the end of what is left for the heap. */
uintptr_t fairness_prepare(struct hart_stats *stats, unsigned harts, uintptr_t start,
			   uintptr_t end);

/* What the grants of a window came to. */
struct fair {
	uint64_t grants;   /* in the window, of all harts */
	uint64_t again;    /* of those: to the hart that had the one before */
	uint64_t near;     /* to another hart of its cluster */
	uint64_t windows;  /* of `harts` grants in a row */
	uint64_t distinct; /* harts that had a grant in such a window, all added up */
	uint64_t breaks;   /* grants whose number is not the next one, or was there */
	unsigned harts, clusters;
};

/* What they came to for one hart. */
struct fair_hart {
	struct histogram overtaken; /* grants that later requests got before its own */
	struct histogram bypass;    /* grants to others from its request to its own */
	struct histogram reacquire; /* grants from one of its own to the next */
	struct histogram handoff; /* ticks: release by another hart -> its own, already asked for */
};

/* Go through the logs after a pass. */
struct fair fairness_walk(const struct workload *work, const struct hart_stats *stats,
			  unsigned harts, enum grant_order order);

/* Of the last walk. */
const struct fair_hart *fairness_hart(unsigned index);

#endif
