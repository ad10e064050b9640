/* probe_ops.h: the accesses that the probe times, and the fences around them.
 *
 * A single access is timed between settle() and probe_done(), so that nothing from
 * before is still under way and the second clock is read when the access is over (settle.h). */
#ifndef BENCH_PROBE_OPS_H
#define BENCH_PROBE_OPS_H

#include <stdbool.h>
#include <stdint.h>

#include "../lock/port.h"
#include "port.h"
#include "settle.h"

#if defined(__riscv)

static inline void probe_done(void)
{
	__asm__ volatile("fence r, i" ::: "memory");
}

/* Wait until everything before is done, and seen by the other harts. */
static inline void probe_fence(void)
{
	__asm__ volatile("fence rw, rw" ::: "memory");
}

static inline void probe_release(void)
{
	__asm__ volatile("fence rw, w" ::: "memory");
}

/* Do an AMO on the word by its mnemonic. It takes t0 and gives its result to t0, or to nobody. The
 * register is named because a variable would be copied once a turn. */
#define PROBE_AMO(mnemonic, a) __asm__ volatile(mnemonic " t0, t0, %0" : "+A"((a)->word)::"t0")
#define PROBE_AMO_FREE(mnemonic, a) \
	__asm__ volatile(mnemonic " zero, t0, %0" : "+A"((a)->word)::"t0")

/* amocas.d t0, t0, (word), as lock/atomic_rv64.h writes it. */
#define PROBE_AMOCAS(a)                                      \
	__asm__ volatile(".insn r 0x2f, 3, 0x14, t0, %1, t0" \
			 : "+m"((a)->word)                   \
			 : "r"(&(a)->word)                   \
			 : "t0")

/* Do an LR, an addition and an SC on the word. */
#define PROBE_LINKED   "lr.d t0, %0\n\taddi t0, t0, 1\n\tsc.d t0, t0, %0"
#define PROBE_LR_SC(a) __asm__ volatile(PROBE_LINKED : "+A"((a)->word)::"t0")

/* Swap without an order. Returns the old value. */
static inline uintptr_t probe_swap(aptr *a, uintptr_t value)
{
	uintptr_t old;

	__asm__ volatile("amoswap.d %0, %2, %1" : "=r"(old), "+A"(a->word) : "r"(value));
	return old;
}

static inline uintptr_t probe_lr(aptr *a)
{
	uintptr_t value;

	__asm__ volatile("lr.d %0, %1" : "=r"(value), "+A"(a->word));
	return value;
}

/* Store the word by SC. Returns whether it was stored. */
static inline bool probe_sc(aptr *a, uintptr_t value)
{
	uintptr_t lost;

	__asm__ volatile("sc.d %0, %2, %1" : "=r"(lost), "+A"(a->word) : "r"(value));
	return lost == 0;
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
#define PROBE_DONE "lfence"
#elif defined(__aarch64__)
#define PROBE_DONE "dsb ld\n\tisb"
#else
#error "probe_ops.h: write the fences for this architecture"
#endif

static inline void probe_done(void)
{
	__asm__ volatile(PROBE_DONE ::: "memory");
}

static inline void probe_fence(void)
{
	atomic_full_fence();
}

static inline void probe_release(void)
{
	__asm__ volatile("" ::: "memory"); /* each store is one */
}

/* Attempt once to store over what was seen. Weak: an attempt that fails is what is counted. */
static inline bool probe_attempt(aptr *a, uintptr_t seen, uintptr_t value)
{
	return atomic_compare_exchange_weak_explicit(&a->word, &seen, value, memory_order_relaxed,
						     memory_order_relaxed);
}

static inline uintptr_t probe_swap(aptr *a, uintptr_t value)
{
	return aptr_swap_acq_rel(a, value);
}

/* A load, and a compare-and-swap from what is there, stand for LR and SC. */
static inline uintptr_t probe_lr(aptr *a)
{
	return aptr_load_relaxed(a);
}

static inline bool probe_sc(aptr *a, uintptr_t value)
{
	return probe_attempt(a, aptr_load_relaxed(a), value);
}

/* Attempt once to store the word plus one. Returns whether it was stored. */
static inline bool probe_lrsc(aptr *a)
{
	uintptr_t seen = aptr_load_relaxed(a);

	return probe_attempt(a, seen, seen + 1);
}

#endif

/* Time nothing but the clock, in the same shape as the two below. */
static inline uint64_t probe_timed_nothing(void)
{
	uint64_t start;

	settle();
	start = port_cycles();
	probe_done();
	return port_cycles() - start;
}

/* Time one access. relaxed, both: it publishes nothing. */
static inline uint64_t probe_timed_load(const aptr *a)
{
	uint64_t start;

	settle();
	start = port_cycles();
	(void)aptr_load_relaxed(a);
	probe_done();
	return port_cycles() - start;
}

static inline uint64_t probe_timed_lr(aptr *a)
{
	uint64_t start;

	settle();
	start = port_cycles();
	(void)probe_lr(a);
	probe_done();
	return port_cycles() - start;
}

/* Time two loads that do not wait for each other. */
static inline uint64_t probe_timed_two(const aptr *a, const aptr *b)
{
	uintptr_t first, second;
	uint64_t start;

	settle();
	start = port_cycles();
	first = aptr_load_relaxed(a);
	second = aptr_load_relaxed(b);
	__asm__ volatile("" ::"r"(first + second));
	probe_done();
	return port_cycles() - start;
}

/* Time an access, until the hart goes on behind it: no fence waits for its result. */
static inline uint64_t probe_timed_amo_on(aptr *a)
{
	uint64_t start;

	settle();
	start = port_cycles();
	(void)aptr_fetch_add_relaxed(a, 1);
	return port_cycles() - start;
}

/* Time a store and a release's fence behind it: does it wait for the store? */
static inline uint64_t probe_timed_release(aptr *a)
{
	uint64_t start;

	settle();
	start = port_cycles();
	aptr_store_relaxed(a, 1);
	probe_release();
	return port_cycles() - start;
}

/* Time a store and a pause behind it. */
static inline uint64_t probe_timed_pause(aptr *a)
{
	uint64_t start;

	settle();
	start = port_cycles();
	aptr_store_relaxed(a, 1);
	LOCK_RELAX();
	return port_cycles() - start;
}

/* Time a store until every hart can see it. */
static inline uint64_t probe_timed_store(aptr *a)
{
	uint64_t start;

	settle();
	start = port_cycles();
	aptr_store_relaxed(a, 1);
	probe_fence();
	return port_cycles() - start;
}

static inline uint64_t probe_timed_amo(aptr *a)
{
	uint64_t start;

	settle();
	start = port_cycles();
	(void)aptr_fetch_add_relaxed(a, 1);
	probe_done();
	return port_cycles() - start;
}

static inline uint64_t probe_timed_swap(aptr *a)
{
	uint64_t start;

	settle();
	start = port_cycles();
	(void)probe_swap(a, 1);
	probe_done();
	return port_cycles() - start;
}

#endif
