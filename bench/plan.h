/* plan.h: what to measure, as it comes on the kernel command line. docs/reference/records.md
 * lists the keys. */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sizes.h"

enum {
	PLAN_FORMAT = 1,
	PLAN_MAX_TRIALS = 4096,
	PLAN_CLOCK = 0xff, /* in plan_trial.strategy: the price of the clock read */
	PLAN_PROBE = 0xfe, /* the same: what accesses to memory cost, probe.h */
};

/* The passes of a trial, as bits of plan.passes. */
enum pass { PASS_THROUGHPUT, PASS_LATENCY, PASS_AUDIT, PASS_FAIRNESS, PASSES };

/* Behind them, where plan.exhaust is not 0: exhaust.h. */
enum { PASS_EXHAUST = PASSES, WORKERS };

struct plan_trial {
	uint8_t strategy; /* index in strategies[], or PLAN_... */
	uint8_t harts;    /* 1 .. PORT_MAX_HARTS */
};

/* Where the lock word, `next` and the heap's bounds lie. */
enum placement {
	PLACEMENT_PADDED, /* who writes does not share a line with another */
	PLACEMENT_PACKED, /* one behind the other, from a line's start on */
	PLACEMENT_RANDOM, /* one behind the other, from anywhere on */
	PLACEMENTS
};

extern const char *const placement_names[PLACEMENTS];

enum {
	PLACEMENT_SPAN = 4096, /* bytes: random offsets are below */
	TOUCH_MAX = 64,
	RATE_MAX = 1000000000,
	INTERRUPT_MIN_US = 10,
	INTERRUPT_MAX_US = 1000000,
	EXHAUST_MAX = 1000000,
};

/* What a hart does, again and again. */
struct workload {
	size_t size, align;   /* bytes of a block; align is a power of two */
	size_t batch;         /* bytes a magazine takes at a time */
	uint32_t clusters;    /* that the harts are told they form; 0: what the place says */
	uint32_t hold, think; /* instructions inside, and (on average) between, allocations */
	uint32_t think_range; /* from the least to the most of those between */

	/* What follows is load_full.h's, and all 0 in a plain workload. */
	enum sizes sizes;         /* fixed: `size`; or a distribution, and `size` is not used */
	enum placement placement; /* of the lock and `next` in memory */
	uint32_t offset;          /* bytes: of this trial's random placement */
	bool irq_off;             /* the section runs with interrupts off */
	uint64_t touch;           /* further lines written inside */
	uint64_t rate;         /* operations a second that each hart is asked for; 0: closed loop */
	uint64_t interrupt_us; /* from one timer interrupt of a hart to its next; 0: none */
	uint64_t interrupt_length; /* instructions it takes */
	uint64_t ipi_us;           /* from one IPI that a hart sends to its next; 0: none */
	uint64_t churn_us;         /* from one hart stopped or started to the next; 0: none */
	bool watched;              /* of a trial: there are interrupts or IPIs */
};

struct plan {
	struct workload work;
	uint64_t duration_us; /* of a pass's window */
	uint64_t fairness_us; /* of the fairness pass's; 0: the same */
	uint64_t warmup_us;   /* before the window opens */
	uint64_t exhaust;     /* rounds to the end of a small heap, behind the passes; 0: none */
	uint64_t seed;        /* of the harts' random numbers */
	unsigned passes;      /* 1 << enum pass, or-ed */
	uint64_t hang_ms;     /* that nobody gets on for, at least, when harts hang; 0: not said */
	char inject[16];      /* a fault to cause, for tests; "" is none */
	unsigned trials;
	struct plan_trial trial[PLAN_MAX_TRIALS];
};

/* Read the plan behind the word "hartlock:" in `text`; no such word is a plan
 * of no trials. NULL, or what is wrong, with *at the word that is. */
__attribute__((warn_unused_result)) const char *plan_read(struct plan *plan, const char *text,
							  const char **at);

#endif
