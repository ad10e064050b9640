/* hart_stats.h: the counts of one hart in one pass: the counters of counters.def, those that the
 * window reads, histograms and the log of grants. */
#ifndef BENCH_HART_STATS_H
#define BENCH_HART_STATS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "../lock/atomic.h"
#include "histogram.h"

enum { LINE = 64 }; /* bytes kept apart so that harts do not share them */

/* The histograms of the latency pass. */
struct latency {
#define LATENCY_COUNTER(name, ...) uint64_t name;
#include "counters.def"
	struct histogram wait; /* cycles: call -> owner; lock-free: call -> return */
	struct histogram hold; /* cycles: owner -> released; lock-free: none */
	/* ticks: when it was to begin -> done; none in a closed loop */
	struct histogram response;
};

/* One operation of the fairness pass. Times are port_time(). */
struct grant {
	uint64_t order;    /* lock: its number, from 1; else the block's address; 0: none */
	uint64_t request;  /* its number, from 0, drawn at the call */
	uint64_t asked;    /* when it was drawn */
	uint64_t owned;    /* when the hart had the grant; without a lock: when the call returned */
	uint64_t released; /* when it was released; 0 without a lock */
};

/* The grants of one hart, in the order in which it had them. */
struct grants {
	struct grant *log;
	size_t count, room; /* grants in the log, since the window opened; grants that fit */
	size_t inside;      /* grants in the log from before it closed */
	uint64_t before;    /* `order` of the last one before the window opened; 0: none */
};

struct hart_stats {
	/* Operations so far. The hart writes it once an operation; the hart that opens
	 * and closes the window reads it. It is alone on its line. */
	_Alignas(LINE) aptr ops;

	_Alignas(LINE) uint64_t ops_open, ops_close; /* `ops` at the window's ends */
	_Atomic uint64_t start_time;                 /* port_time() ticks; 0: not begun */
	uint64_t end_time;                           /* port_time() ticks */
	uint64_t start_cycles, end_cycles;           /* cycles of this hart */
	uint64_t random;                             /* state of its generator, never 0 */
	unsigned index;

	/* Latency pass: one for the time before the window opens, one for the time since.
	 * There are two, because to empty one half-way takes thousands of stores. */
	struct latency latency[2];

#define COUNTER(name, ...) uint64_t name;
#define AUDIT_COUNTER      COUNTER
#define EXHAUST_COUNTER    COUNTER
#define GRANTS_HERE        struct grants grants; /* fairness pass */
#include "counters.def"
};

/* Empties the histograms. The caller guarantees that no worker is running, here and below. */
static inline void latency_clear(struct latency *l)
{
#define LATENCY_COUNTER(name, ...) l->name = 0;
#include "counters.def"
	histogram_clear(&l->wait);
	histogram_clear(&l->hold);
	histogram_clear(&l->response);
}

static inline void counters_clear(struct hart_stats *s)
{
#define COUNTER(name, ...) s->name = 0;
#define AUDIT_COUNTER      COUNTER
#define EXHAUST_COUNTER    COUNTER
#include "counters.def"
}

#endif
