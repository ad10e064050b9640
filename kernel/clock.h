/* clock.h: this hart's counters (unprivileged manual, chapter "Zicntr"). */
#ifndef KERNEL_CLOCK_H
#define KERNEL_CLOCK_H

#include <stdint.h>

/* `time`: ticks of the timebase, the same on every hart. */
static inline uint64_t clock_time(void)
{
	uint64_t ticks;

	__asm__ volatile("rdtime %0" : "=r"(ticks)::"memory");
	return ticks;
}

/* `cycle`: this hart's own; compare it only with itself. */
static inline uint64_t clock_cycles(void)
{
	uint64_t cycles;

	__asm__ volatile("rdcycle %0" : "=r"(cycles)::"memory");
	return cycles;
}

#endif
