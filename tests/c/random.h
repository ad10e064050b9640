/* random.h: splitmix64 (Steele, Lea and Flood, OOPSLA 2014), which gives the same numbers
 * in every run. */
#ifndef TESTS_RANDOM_H
#define TESTS_RANDOM_H

#include <stdint.h>

static inline uint64_t random64(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* Returns a number below n, which is not 0. */
static inline uint64_t random_below(uint64_t *state, uint64_t n)
{
	return random64(state) % n;
}

/* Returns a number of any length in bits, each as likely: small numbers and huge ones. */
static inline uint64_t random_length(uint64_t *state)
{
	return random64(state) >> random_below(state, 64);
}

#endif
