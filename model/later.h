/* later.h: the later and the sooner of two times. */
#ifndef MODEL_LATER_H
#define MODEL_LATER_H

#include <stdint.h>

static inline uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

#endif
