/* plan.h: the plan, which says what to measure, as it comes on the kernel command line. plan.def
 * lists the keys, passes.def the passes. */
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
	PLAN_PROBE = 0xfe, /* in plan_trial.strategy: the cost of accesses to memory (probe.h) */
};

/* The passes of a trial, as bits of plan.passes. */
#define PASS(name, NAME, ...) PASS_##NAME,
enum pass {
#include "passes.def"
	PASSES
};

/* A further one comes behind them if plan.exhaust is not 0: exhaust.h. */
enum { PASS_EXHAUST = PASSES, WORKERS };

extern const char *const pass_names[WORKERS];

struct plan_trial {
	uint8_t strategy; /* index in strategies[], or PLAN_... */
	uint8_t harts;    /* 1 .. PORT_MAX_HARTS */
};

/* The places of the lock word, `next` and the heap's bounds. */
enum placement {
	PLACEMENT_PADDED, /* words that are written do not share a line */
	PLACEMENT_PACKED, /* one behind the other, from a line's start on */
	PLACEMENT_RANDOM, /* one behind the other, from anywhere on */
};

enum { PLACEMENT_SPAN = 4096 }; /* random offsets are below this, bytes */

/* MOST_key: the most that a key's number may be. */
#define NUMBER(key, place, usual, least, most, ...) MOST_##key = most,
enum {
#include "plan.def"
};

/* The work of a hart, again and again. The first fields are keys of plan.def, unless they say
 * otherwise; code that verify/ has proved knows their places. */
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
};

struct plan {
	struct workload work;
#define NUMBER(key, place, ...) PLAN_##place(key)
#define PLAN_PLACED(key)
#define PLAN_WORK(key)
#define PLAN_PLAN(key) uint64_t key;
#include "plan.def"
	unsigned passes; /* 1 << enum pass, or-ed */
	char inject[16]; /* a fault to cause, for tests; "" is none */
	unsigned trials;
	struct plan_trial trial[PLAN_MAX_TRIALS];
};

/* A key of plan.def whose value is a number or a choice. */
struct plan_key {
	const char *name;
	const char *words; /* the words of a choice, with ", " between; NULL: the key is a number */
	uint64_t usual, least, most; /* a number is `usual`, or from `least` to `most` */
	size_t offset, bytes;        /* the place of its field in struct plan */
	bool full;                   /* another value than `usual` needs the full variant */
};

extern const struct plan_key plan_keys[];
extern const size_t plan_key_count;

/* Returns the key's value: the number, or the place of a choice among its words. */
uint64_t plan_value(const struct plan *plan, const struct plan_key *key);

/* Returns the word of a choice that `place` stands for, which *length characters belong to. */
const char *plan_word(const struct plan_key *key, uint64_t place, size_t *length);

/* Does the plan ask for anything that the plain variant of a worker does not do (variant.h)? */
bool plan_needs_full(const struct plan *plan);

/* Reads the plan behind the word "hartlock:" in `text`; no such word is a plan of no trials.
 * Returns NULL, or what is wrong, with *at the word that is. */
__attribute__((warn_unused_result)) const char *plan_read(struct plan *plan, const char *text,
							  const char **at);

#endif
