/* arrival.h: an open loop: when the next operation is to begin, whether or not the
 * one before has ended. Intervals are exponential, so that arrivals are Poisson's:
 * many callers that know nothing of each other.
 *
 * A closed loop asks again only when it was served, so a slow lock is asked less
 * often and its worst waits hide the ones behind them: coordinated omission
 * (G. Tene, "How NOT to Measure Latency", 2013). Here latency counts from the
 * time at which the operation was to begin.
 *
 * An interval is mean * -ln u. The logarithm comes from a table of 256 equal parts
 * of u, each with its exact mean. For u below 1/16 it adds ln 16 and draws again,
 * which is exact: so the mean is exact, there is no longest interval, and an interval
 * is off by less than 1/16 of the mean, because its part's mean stands for it. It takes
 * no division and no floating point. */
#ifndef BENCH_ARRIVAL_H
#define BENCH_ARRIVAL_H

#include <stdint.h>

#include "delay.h"

enum { ARRIVAL_BINS = 256, ARRIVAL_AGAIN = 16, ARRIVAL_FRACTION = 8, ARRIVAL_ONE_BITS = 16 };

extern const uint32_t arrival_table[ARRIVAL_BINS]; /* 1/65536 */

/* The schedule of one hart. */
struct arrivals {
	uint64_t due;  /* 1/256 ticks: the time of the operation last asked for */
	uint64_t mean; /* 1/256 ticks: the mean of the intervals */
};

/* Returns a schedule of `rate` operations a second, 1 to 10^9, from `now` on; there are
 * `hz` ticks a second, less than 2^34. Even an interval of ten times the mean is then far
 * from 2^64. */
struct arrivals arrivals_from(uint64_t now, uint64_t rate, uint64_t hz);

/* Returns -ln of a number drawn evenly from 0 to 1, in 1/65536. */
static inline uint64_t exponential(uint64_t *random)
{
	uint64_t sum = 0;
	unsigned bin;

	/* the highest bits: an xorshift's best */
	while ((bin = (unsigned)(random_next(random) >> 56)) < ARRIVAL_AGAIN)
		sum += arrival_table[bin];
	return sum + arrival_table[bin];
}

/* Returns the time at which the next operation is to begin, in ticks. */
static inline uint64_t arrival_next(struct arrivals *a, uint64_t *random)
{
	a->due += exponential(random) * a->mean >> ARRIVAL_ONE_BITS;
	return a->due >> ARRIVAL_FRACTION;
}

#endif
