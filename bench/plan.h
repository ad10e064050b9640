/* plan.h: the plan, which says what to measure, as it comes on the kernel command line. plan.def
 * lists the keys, passes.def the passes. */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "passes.h"
#include "workload.h"

enum {
	PLAN_FORMAT = 1,
	PLAN_MAX_TRIALS = 4096,
	PLAN_CLOCK = 0xff, /* in plan_trial.strategy: the price of the clock read */
	PLAN_PROBE = 0xfe, /* in plan_trial.strategy: the cost of accesses to memory (probe.h) */
};

extern const char *const pass_names[WORKERS]; /* index enum pass, and PASS_EXHAUST */

struct plan_trial {
	uint8_t strategy; /* index in strategies[], or PLAN_... */
	uint8_t harts;    /* 1 .. PORT_MAX_HARTS */
};

/* MOST_key: the most that a key's number may be. */
#define NUMBER(key, place, usual, least, most, ...) MOST_##key = most,
enum {
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
