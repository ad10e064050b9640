/* port_clock.h: bench/port.h's clocks on a thread of a running system.
 *
 *             port_time()                     port_cycles()
 *   x86-64    time-stamp counter              the same
 *   AArch64   virtual counter, cntvct_el0     the same
 *   riscv64   rdtime                          rdcycle where the system lets programs
 *                                             read it, else rdtime
 *
 * The x86-64 and AArch64 counters run at a constant rate whatever the core's clock
 * does: reference ticks, not core cycles. Where the counters of two processors do
 * not agree, port_time() is the system's monotonic clock. port_clock.c finds out which
 * it is, and the @native record says so; the choice is a branch that always goes the
 * same way, on a line that nobody writes. */
#ifndef PORT_CLOCK_H
#define PORT_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct native_clock {
	bool counter_is_common; /* port_time() may be the counter */
	bool cycles_are_cores;  /* riscv64: rdcycle is allowed */
	uint64_t hz;            /* ticks a second of port_time() */
};

extern struct native_clock native_clock;

/* Choose the clocks and calibrate them, before anything is measured. The calling thread visits
 * every processor. */
struct processors;
void clock_init(const struct processors *allowed);

/* Return the names of the clocks that port_time() and port_cycles() read. */
const char *clock_time_name(void);
const char *clock_cycles_name(void);

/* Return the least difference, not 0, between two readings in a row. */
uint64_t clock_time_step(void);
uint64_t clock_cycles_step(void);

/* Returns the system's monotonic clock in nanoseconds. */
uint64_t clock_system(void);

/* Returns the counter that all processors are said to share. It is read after everything
 * before it: a reading must not overtake the load that was waited for. */
static inline uint64_t clock_counter(void)
{
#if defined(__x86_64__)
	uint32_t low, high;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
#elif defined(__aarch64__)
	uint64_t ticks;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks)::"memory");
	return ticks;
#elif defined(__riscv) && __riscv_xlen == 64
	uint64_t ticks;

	__asm__ volatile("rdtime %0" : "=r"(ticks)::"memory");
	return ticks;
#else
#error "native/port_clock.h: write the clocks for this architecture"
#endif
}

#if defined(__riscv)
static inline uint64_t clock_rdcycle(void)
{
	uint64_t cycles;

	__asm__ volatile("rdcycle %0" : "=r"(cycles)::"memory");
	return cycles;
}
#endif

static inline uint64_t port_time(void)
{
	return __builtin_expect(native_clock.counter_is_common, 1) ? clock_counter()
								   : clock_system();
}

static inline uint64_t port_cycles(void)
{
#if defined(__riscv)
	if (native_clock.cycles_are_cores)
		return clock_rdcycle();
#endif
	return clock_counter();
}

#endif
