/* mix.h: unlike numbers from like ones. */
#ifndef MACHINE_MIX_H
#define MACHINE_MIX_H

#include <stdint.h>

/* Returns splitmix64's number behind the state x. */
static inline uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

#endif
