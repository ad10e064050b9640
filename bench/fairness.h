/* fairness.h: who asked, and who was granted, in which order.
 *
 * In the fairness pass each operation draws a request number at the call, by an
 * AMO on a line that all harts share; under a lock its owner then takes a grant
 * number, by a plain increment that the lock protects. Without a lock, the block's
 * address is the order of the grants. Each hart keeps its grants in memory of its own;
 * when all have stopped, one hart goes through them in the order of the grants and
 * counts. docs/trust/fairness.md defines the counts. */
#ifndef BENCH_FAIRNESS_H
#define BENCH_FAIRNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cluster.h"
#include "hart_stats.h"
#include "histogram.h"
#include "port_clock.h"
#include "settle.h"
#include "strategy.h"
#include "window.h"

/* The one word that all harts share while the pass runs. It is alone on its line. */
struct fairness {
	_Alignas(LINE) aptr requests; /* requests drawn so far */
};

extern struct fairness fairness;

/* Draw the request of an operation whose call is about to begin. */
static inline void fairness_ask(struct grant *g)
{
	/* relaxed: the number publishes nothing. */
	g->request = aptr_fetch_add_relaxed(&fairness.requests, 1);
	/* Nothing is left for the lock's own first access to wait for: what it waited for would
	 * count as waiting for the lock. */
	settle_behind(g->request);
	g->asked = port_time();
	g->released = 0;
}

/* Take the next grant. The caller guarantees: it owns the lock, and so the count. */
static inline void fairness_own(struct grant *g, uint64_t *grants)
{
	g->owned = port_time();
	g->order = ++*grants;
}

/* Note the block that this hart got without a lock; NULL: it got none. */
static inline void fairness_got(struct grant *g, const void *block)
{
	g->owned = port_time();
	g->order = (uintptr_t)block;
}

/* Note that the lock is about to be released. */
static inline void fairness_release(struct grant *g)
{
	g->released = port_time();
}

/* Keep a grant that came after the window opened. Returns false when there is no room for
 * another one. */
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

/* Take the logs of harts 0 .. harts - 1, before a pass, from the end of the memory
 * [start, end). Returns the end of the memory that is left for the heap. */
uintptr_t fairness_prepare(struct hart_stats *stats, unsigned harts, uintptr_t start,
			   uintptr_t end);

/* The counts over the grants of a window. */
struct fair {
	uint64_t grants;   /* grants of all harts in the window */
	uint64_t again;    /* grants to the hart that had the one before */
	uint64_t near;     /* grants to another hart of its cluster */
	uint64_t windows;  /* groups of `harts` grants in a row */
	uint64_t distinct; /* harts that had a grant in such a group, all added up */
	uint64_t breaks;   /* grants whose number is not the next one, or came twice */
	unsigned harts, clusters;
};

/* The figures of one hart. */
struct fair_hart {
	struct histogram overtaken; /* grants that later requests got before its own */
	struct histogram bypass;    /* grants to others from its request to its own */
	struct histogram reacquire; /* grants from one of its own to the next */
	struct histogram handoff; /* ticks: release by another hart -> its own, already asked for */
};

/* Go through the logs after a pass. */
struct fair fairness_walk(const struct workload *work, const struct hart_stats *stats,
			  unsigned harts, enum grant_order order);

/* Returns the figures of a hart in the last walk. */
const struct fair_hart *fairness_hart(unsigned index);

#endif
