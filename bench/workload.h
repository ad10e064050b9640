/* workload.h: what a hart does in a trial, again and again. The plan (plan.h) says it, and
 * workers (strategy.h) do it. */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sizes.h"

/* The places of the lock word, `next` and the heap's bounds. */
enum placement {
	PLACEMENT_PADDED, /* words that are written do not share a line */
	PLACEMENT_PACKED, /* one behind the other, from a line's start on */
	PLACEMENT_RANDOM, /* one behind the other, from anywhere on */
};

/* The allocators, in the order of plan key `allocator`. */
enum allocator {
	ALLOCATOR_BUMP,
	ALLOCATOR_POOL,
	ALLOCATOR_BUDDY,
	ALLOCATOR_CACHED_POOL,
	ALLOCATORS
};

/* The ways to wait of a hart that finds the lock held, in the order of plan key `waiters`. */
enum waiters {
	WAITERS_QUEUE, /* it does what the lock has it do */
	WAITERS_POLL,  /* that, and between two looks it answers others: LOCK_POLL() */
	WAITERS_TRY,   /* it does not queue: it tries, and in between its interrupts are on */
};

/* The ways to choose the lock of an operation, where there are several, in the order of plan key
 * `choose`. */
enum choose {
	CHOOSE_EVEN,
	CHOOSE_ZIPF,   /* the k-th one k times more seldom than the first */
	CHOOSE_NESTED, /* two of them, evenly: the one that comes first, and inside it the other */
};

/* The work of a timer interrupt's handler beside its instructions, in the order of plan key
 * `handler`. */
enum handler {
	HANDLER_COUNT, /* it counts */
	HANDLER_LOCK,  /* it takes another lock of the same kind, too */
};

enum { PLACEMENT_SPAN = 4096 }; /* random offsets are below this, bytes */

/* The first fields are keys of plan.def, unless they say otherwise; code that verify/ has
 * proved knows their places. */
struct workload {
	size_t size, align, batch; /* bytes */
	uint32_t clusters;
	uint32_t hold, think, think_range; /* instructions */

	/* The following fields are for variant_full.h. They have their defaults in a plain
	 * workload. */
	enum sizes sizes;
	enum placement placement;
	uint32_t offset; /* no key: bytes, of this trial's random placement */
	bool irq_off;
	uint64_t touch;
	uint64_t rate; /* operations a second */
	uint64_t interrupt_us;
	uint64_t interrupt_length; /* instructions */
	uint64_t ipi_us;
	uint64_t churn_us;
	bool watched; /* no key: there are interrupts or IPIs in this trial */

#define NUMBER(key, place, ...) WORKLOAD_##place(key)
#define WORKLOAD_PLACED(key)
#define WORKLOAD_WORK(key) uint64_t key;
#define WORKLOAD_PLAN(key)
#include "plan.def"
	enum allocator allocator;
	enum waiters waiters;
	enum choose choose;
	uintptr_t locks_at; /* no key: where several locks lie (many.h) */
	enum handler handler;
};

#endif
