/* atomic_c11.h: atomic.h's operations in C11; the table is there. */
#ifndef LOCK_ATOMIC_C11_H
#define LOCK_ATOMIC_C11_H

#include <stdbool.h>
#include <stdint.h>

#include <stdatomic.h>

#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
/* GCC's ThreadSanitizer does not see fences and says so; what it then reports are false alarms,
 * never races that it misses. */
#pragma GCC diagnostic ignored "-Wtsan"
#endif

/* GCC before 14 compiles compare_exchange(release, relaxed) for RISC-V to LR and SC without any
 * order, so that what is stored before it may be seen after it. There this fence orders. */
#if defined(__riscv) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 14
#define A_CAS_RELEASES() atomic_thread_fence(memory_order_release)
#else
#define A_CAS_RELEASES() ((void)0)
#endif

typedef uint32_t a32_value;

typedef struct {
	_Atomic uint32_t word;
} a32;

typedef struct {
	_Atomic uintptr_t word;
} aptr;

static inline a32_value a32_load_relaxed(const a32 *a)
{
	return atomic_load_explicit(&a->word, memory_order_relaxed);
}

static inline a32_value a32_load_acquire(const a32 *a)
{
	return atomic_load_explicit(&a->word, memory_order_acquire);
}

static inline void a32_store_relaxed(a32 *a, a32_value value)
{
	atomic_store_explicit(&a->word, value, memory_order_relaxed);
}

static inline void a32_store_release(a32 *a, a32_value value)
{
	atomic_store_explicit(&a->word, value, memory_order_release);
}

static inline a32_value a32_swap_acquire(a32 *a, a32_value value)
{
	return atomic_exchange_explicit(&a->word, value, memory_order_acquire);
}

static inline a32_value a32_fetch_add_relaxed(a32 *a, a32_value value)
{
	return atomic_fetch_add_explicit(&a->word, value, memory_order_relaxed);
}

static inline void a32_swap_out_release(a32 *a, a32_value value)
{
	(void)atomic_exchange_explicit(&a->word, value, memory_order_release);
}

static inline void a32_full_fence_store(a32 *a, a32_value value)
{
	atomic_thread_fence(memory_order_seq_cst);
	atomic_store_explicit(&a->word, value, memory_order_release);
}

static inline void aptr_swap_out_release(aptr *a, uintptr_t value)
{
	(void)atomic_exchange_explicit(&a->word, value, memory_order_release);
}

static inline void aptr_full_fence_store(aptr *a, uintptr_t value)
{
	atomic_thread_fence(memory_order_seq_cst);
	atomic_store_explicit(&a->word, value, memory_order_release);
}

static inline void atomic_full_fence(void)
{
	atomic_thread_fence(memory_order_seq_cst);
}

static inline a32_value a32_fetch_or_relaxed(a32 *a, a32_value value)
{
	return atomic_fetch_or_explicit(&a->word, value, memory_order_relaxed);
}

static inline void a32_add_relaxed(a32 *a, a32_value value)
{
	(void)atomic_fetch_add_explicit(&a->word, value, memory_order_relaxed);
}

static inline void a32_add_release(a32 *a, a32_value value)
{
	(void)atomic_fetch_add_explicit(&a->word, value, memory_order_release);
}

static inline void a32_or_relaxed(a32 *a, a32_value value)
{
	(void)atomic_fetch_or_explicit(&a->word, value, memory_order_relaxed);
}

static inline void a32_and_relaxed(a32 *a, a32_value value)
{
	(void)atomic_fetch_and_explicit(&a->word, value, memory_order_relaxed);
}

static inline bool a32_cas_acquire(a32 *a, a32_value seen, a32_value value)
{
	return atomic_compare_exchange_strong_explicit(&a->word, &seen, value, memory_order_acquire,
						       memory_order_relaxed);
}

static inline bool a32_cas_relaxed(a32 *a, a32_value seen, a32_value value)
{
	return atomic_compare_exchange_strong_explicit(&a->word, &seen, value, memory_order_relaxed,
						       memory_order_relaxed);
}

static inline bool a32_cas_release(a32 *a, a32_value *seen, a32_value value)
{
	A_CAS_RELEASES();
	return atomic_compare_exchange_strong_explicit(&a->word, seen, value, memory_order_release,
						       memory_order_relaxed);
}

static inline uintptr_t aptr_load_relaxed(const aptr *a)
{
	return atomic_load_explicit(&a->word, memory_order_relaxed);
}

static inline void aptr_store_relaxed(aptr *a, uintptr_t value)
{
	atomic_store_explicit(&a->word, value, memory_order_relaxed);
}

static inline uintptr_t aptr_load_acquire(const aptr *a)
{
	return atomic_load_explicit(&a->word, memory_order_acquire);
}

static inline uintptr_t aptr_load_depend(const aptr *a)
{
	return atomic_load_explicit(&a->word, memory_order_acquire);
}

static inline void aptr_store_release(aptr *a, uintptr_t value)
{
	atomic_store_explicit(&a->word, value, memory_order_release);
}

static inline uintptr_t aptr_swap_acq_rel(aptr *a, uintptr_t value)
{
	return atomic_exchange_explicit(&a->word, value, memory_order_acq_rel);
}

static inline uintptr_t aptr_swap_release_depend(aptr *a, uintptr_t value)
{
	return atomic_exchange_explicit(&a->word, value, memory_order_acq_rel);
}

static inline uintptr_t aptr_fetch_add_relaxed(aptr *a, uintptr_t value)
{
	return atomic_fetch_add_explicit(&a->word, value, memory_order_relaxed);
}

static inline bool aptr_cas_relaxed(aptr *a, uintptr_t *seen, uintptr_t value)
{
	return atomic_compare_exchange_strong_explicit(&a->word, seen, value, memory_order_relaxed,
						       memory_order_relaxed);
}

static inline bool aptr_cas_release(aptr *a, uintptr_t seen, uintptr_t value)
{
	A_CAS_RELEASES();
	return atomic_compare_exchange_strong_explicit(&a->word, &seen, value, memory_order_release,
						       memory_order_relaxed);
}

static inline bool aptr_cas_acq_rel(aptr *a, uintptr_t seen, uintptr_t value)
{
	return atomic_compare_exchange_strong_explicit(&a->word, &seen, value, memory_order_acq_rel,
						       memory_order_relaxed);
}

static inline bool aptr_amocas_relaxed(aptr *a, uintptr_t *seen, uintptr_t value)
{
	return atomic_compare_exchange_strong_explicit(&a->word, seen, value, memory_order_relaxed,
						       memory_order_relaxed);
}

static inline bool aptr_bump_relaxed(aptr *a, uintptr_t end, uintptr_t size, uintptr_t mask,
				     uintptr_t *behind)
{
	uintptr_t next = aptr_load_relaxed(a), need;

	do {
		need = (-next & mask) + size;
		if (need < size || need > end - next)
			return false;
		*behind = next + need;
	} while (!aptr_cas_relaxed(a, &next, *behind));
	return true;
}

#endif
