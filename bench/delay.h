/* delay.h: work that is counted in instructions, and random numbers that harts
 * do not share. */
#ifndef BENCH_DELAY_H
#define BENCH_DELAY_H

#include <stdint.h>

#if defined(__riscv)
#define DELAY_LOOP "1: addi %0, %0, -1\n\tbnez %0, 1b"
#elif defined(__x86_64__)
#define DELAY_LOOP "1: dec %0\n\tjnz 1b"
#elif defined(__aarch64__)
#define DELAY_LOOP "1: sub %0, %0, #1\n\tcbnz %0, 1b"
#else
#error "delay.h: write the delay loop for this architecture"
#endif

/* Execute so many turns of a loop of two instructions that touches no memory. A 0 costs only the
 * test for it. */
static inline void delay_turns(uint64_t turns)
{
	if (turns != 0)
		__asm__ volatile(DELAY_LOOP : "+r"(turns)::"cc");
}

/* Execute `instructions` instructions of that loop, rounded up to even. A 0 costs only the test for
 * it. */
static inline void delay(uint32_t instructions)
{
	uint64_t turns;

	if (instructions == 0)
		return;
	turns = ((uint64_t)instructions + 1) / 2;
	__asm__ volatile(DELAY_LOOP : "+r"(turns)::"cc");
}

/* Returns the next random number of xorshift64 (G. Marsaglia, "Xorshift RNGs", JSS 8(14),
 * 2003). The caller guarantees: *state is not 0. */
static inline uint64_t random_next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

/* Returns a number below `n`, evenly drawn by the 32 bits of `random`. */
static inline uint32_t draw_below(uint32_t random, uint32_t n)
{
	return (uint32_t)((uint64_t)random * n >> 32);
}

/* Returns numbers that are unlike each other for seeds that are like each other: splitmix64
 * (Steele, Lea and Flood, OOPSLA 2014). */
static inline uint64_t random_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* Think for `mean` instructions on average, evenly within `range` about it, so that harts
 * do not fall into step; with a range of 0 they may. A mean of 0 costs only the test for
 * it. The caller guarantees: range <= 2 * mean. */
static inline void think(uint32_t mean, uint32_t range, uint64_t *state)
{
	if (mean == 0)
		return;
	/* This keeps the compiler from drawing the number early, before the test or
	 * inside the section: every strategy's loop has to do the same work. */
	__asm__ volatile("" : "+r"(*state));
	delay(mean - range / 2 + (uint32_t)((random_next(state) >> 32) * range >> 32));
}

#endif
