/* probe_ops.h: the accesses that the probe times, and the fences around them.
 *
 * A single access is timed between probe_settle() and probe_done(), so that
 * nothing from before is still under way and the second clock is read when the
 * access is over. Reading a counter is ordered by fences as a device input is
 * (unprivileged manual, chapter "Zicsr", section "CSR Access Ordering"). */
#ifndef BENCH_PROBE_OPS_H
#define BENCH_PROBE_OPS_H

#include <stdbool.h>
#include <stdint.h>

#include "../lock/atomic.h"
#include "port.h"

#if defined(__riscv)

static inline void probe_settle(void)
{
	__asm__ volatile("fence iorw, iorw" ::: "memory");
}

static inline void probe_done(void)
{
	__asm__ volatile("fence r, i" ::: "memory");
}

/* Try one LR and one SC. Returns whether the word was stored. */
static inline bool probe_lrsc(aptr *a)
{
	uintptr_t value, lost;

	__asm__ volatile("lr.d %0, %2\n\taddi %0, %0, 1\n\tsc.d %1, %0, %2"
			 : "=&r"(value), "=&r"(lost), "+A"(a->word));
	return lost == 0;
}

#else

#if defined(__x86_64__)
#define PROBE_SETTLE "mfence\n\tlfence"
#define PROBE_DONE   "lfence"
#elif defined(__aarch64__)
#define PROBE_SETTLE "dsb sy\n\tisb"
#define PROBE_DONE   "dsb ld\n\tisb"
#else
#error "probe_ops.h: write the fences for this architecture"
#endif

static inline void probe_settle(void)
{
	__asm__ volatile(PROBE_SETTLE ::: "memory");
}

static inline void probe_done(void)
{
	__asm__ volatile(PROBE_DONE ::: "memory");
}

/* Attempt once to store the word plus one. Returns whether it was stored. */
static inline bool probe_lrsc(aptr *a)
{
	uintptr_t seen = aptr_load_relaxed(a);

	return aptr_cas_relaxed(a, &seen, seen + 1);
}

#endif

/* Time nothing but the clock, in the same shape as the two below. */
static inline uint64_t probe_timed_nothing(void)
{
	uint64_t start;

	probe_settle();
	start = port_cycles();
	probe_done();
	return port_cycles() - start;
}

/* Time one access. relaxed, both: it publishes nothing. */
static inline uint64_t probe_timed_load(const aptr *a)
{
	uint64_t start;

	probe_settle();
	start = port_cycles();
	(void)aptr_load_relaxed(a);
	probe_done();
	return port_cycles() - start;
}

static inline uint64_t probe_timed_amo(aptr *a)
{
	uint64_t start;

	probe_settle();
	start = port_cycles();
	(void)aptr_fetch_add_relaxed(a, 1);
	probe_done();
	return port_cycles() - start;
}

#endif
