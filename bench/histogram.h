/* histogram.h: counts of 64-bit values in log-linear buckets, as in HdrHistogram.
 *
 * Values below 64 have a bucket each. Above, every power of two is cut into 32
 * equal buckets, so a bucket is at most 1/32 of its lowest value wide: the middle of
 * a bucket is off by at most 1.6 % of a value in it. Counts are exact, and so are
 * min, max, sum and count. */
#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

enum {
	HISTOGRAM_SUB_BITS = 5,
	HISTOGRAM_SUB = 1 << HISTOGRAM_SUB_BITS,
	HISTOGRAM_BUCKETS = (64 - HISTOGRAM_SUB_BITS) * HISTOGRAM_SUB + HISTOGRAM_SUB,
};

struct histogram {
	uint64_t count, sum, min, max; /* min is UINT64_MAX while count is 0 */
	uint64_t bucket[HISTOGRAM_BUCKETS];
};

/* Returns the bucket of a value. Bucket b < 32 holds the value b. Otherwise, with
 * e = b / 32 - 1, it holds the 2^e values from (32 + b % 32) * 2^e on. */
static inline unsigned histogram_bucket(uint64_t value)
{
	if (value < HISTOGRAM_SUB)
		return (unsigned)value;

	unsigned e = 63 - HISTOGRAM_SUB_BITS - (unsigned)__builtin_clzll(value);

	return (e + 1) * HISTOGRAM_SUB + (unsigned)(value >> e) % HISTOGRAM_SUB;
}

static inline void histogram_add(struct histogram *h, uint64_t value)
{
	h->bucket[histogram_bucket(value)]++;
	h->count++;
	h->sum += value;
	if (value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
}

void histogram_clear(struct histogram *h);

/* Write the keys count, min, max, sum and buckets into a record that is begun. buckets
 * lists the filled ones, lowest first: GAP:COUNT with a comma between them, where GAP
 * is how far the bucket's number is from the one before (from 0 at first);
 * behind the first, a GAP of 1 is left out with its colon. */
void histogram_record(const struct histogram *h);

#endif
