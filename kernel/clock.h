/* clock.h: this hart's counters (unprivileged manual, chapter "Zicntr"). */
#ifndef KERNEL_CLOCK_H
#define KERNEL_CLOCK_H

#include <stdint.h>

/* Returns `time`: ticks of the timebase, equal on every hart. */
static inline uint64_t clock_time(void)
{
	uint64_t ticks;

	__asm__ volatile("rdtime %0" : "=r"(ticks)::"memory");
	return ticks;
}

/* Returns `cycle`, this hart's own: compare it only with itself. Where a hart cannot read
 * it, this instruction is made to read `time` (counter.c finds it by its site). */
static inline uint64_t clock_cycles(void)
{
	uint64_t cycles;

	__asm__ inline volatile("1: rdcycle %0\n"
				".pushsection .clock_sites, \"a\"\n"
				".balign 4\n"
				".word 1b - .\n"
				".popsection"
				: "=r"(cycles)::"memory");
	return cycles;
}

#endif
