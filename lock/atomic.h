/* atomic.h: the few atomic operations that lock/ and alloc/ are made of.
 *
 * On RISC-V they are written out, one instruction and at most one fence each,
 * after the ISA manual's recommended mapping (unprivileged manual, appendix
 * "RVWMO Explanatory Material", table "Mappings from C/C++ primitives to RISC-V
 * primitives"). GCC 12 compiles <stdatomic.h> more heavily than any hypervisor
 * that is shipped: every store, a relaxed one too, becomes an AMO
 * (`amoswap.d zero`), a release store `fence iorw,ow; amoswap.w zero`, an
 * acquire load ends in `fence iorw,iorw`, and a failed compare-and-swap goes
 * through the stack. What is timed here is to be what one would ship.
 *
 * Elsewhere they are C11 <stdatomic.h>, which ThreadSanitizer understands.
 *
 *   operation            RISC-V                    C11
 *   load_relaxed         lw                        relaxed
 *   load_acquire         lw; fence r,rw            acquire
 *   store_relaxed        sw                        relaxed
 *   store_release        fence rw,w; sw            release
 *   load_depend          ld                        acquire
 *   swap_acquire         amoswap.w.aq              acquire
 *   swap_acq_rel         amoswap.d.aqrl            acq_rel
 *   fetch_add_relaxed    amoadd.w                  relaxed
 *   cas_relaxed (weak)   lr.d; bne; sc.d           relaxed, relaxed
 *   cas_release (strong) lr.d; bne; sc.d.rl; bnez  release, relaxed
 *
 * load_depend orders the load before accesses through the pointer it returned:
 * on RISC-V the address dependency does that by itself (RVWMO, preserved
 * program order, rule 9); C11's memory_order_consume is an acquire everywhere.
 *
 * a32_ is for words of 32 bits, aptr_ for words as wide as a pointer.
 */
#ifndef LOCK_ATOMIC_H
#define LOCK_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>

#if defined(__riscv)

#if __riscv_xlen != 64
#error "lock/atomic.h: written for rv64"
#endif

typedef struct {
	volatile uint32_t word;
} a32;

typedef struct {
	volatile uintptr_t word;
} aptr;

/* A 32-bit word as rv64 keeps it in a register: sign-extended, as `lw` and the
 * AMOs leave it. Two of them compare without another instruction. */
typedef long a32_value;

static inline a32_value a32_load_relaxed(const a32 *a)
{
	a32_value value;

	__asm__ volatile("lw %0, %1" : "=r"(value) : "m"(a->word));
	return value;
}

static inline a32_value a32_load_acquire(const a32 *a)
{
	a32_value value;

	__asm__ volatile("lw %0, %1\n\tfence r, rw" : "=r"(value) : "m"(a->word) : "memory");
	return value;
}

static inline void a32_store_relaxed(a32 *a, a32_value value)
{
	a->word = (uint32_t)value;
}

static inline void a32_store_release(a32 *a, a32_value value)
{
	__asm__ volatile("fence rw, w\n\tsw %z1, %0" : "=m"(a->word) : "rJ"(value) : "memory");
}

static inline a32_value a32_swap_acquire(a32 *a, a32_value value)
{
	a32_value old;

	__asm__ volatile("amoswap.w.aq %0, %z2, %1"
			 : "=r"(old), "+A"(a->word)
			 : "rJ"(value)
			 : "memory");
	return old;
}

static inline a32_value a32_fetch_add_relaxed(a32 *a, a32_value value)
{
	a32_value old;

	__asm__ volatile("amoadd.w %0, %z2, %1" : "=r"(old), "+A"(a->word) : "rJ"(value));
	return old;
}

static inline uintptr_t aptr_load_relaxed(const aptr *a)
{
	return a->word;
}

static inline void aptr_store_relaxed(aptr *a, uintptr_t value)
{
	a->word = value;
}

static inline uintptr_t aptr_load_depend(const aptr *a)
{
	return a->word;
}

static inline void aptr_store_release(aptr *a, uintptr_t value)
{
	__asm__ volatile("fence rw, w\n\tsd %z1, %0" : "=m"(a->word) : "rJ"(value) : "memory");
}

static inline uintptr_t aptr_swap_acq_rel(aptr *a, uintptr_t value)
{
	uintptr_t old;

	__asm__ volatile("amoswap.d.aqrl %0, %z2, %1"
			 : "=r"(old), "+A"(a->word)
			 : "rJ"(value)
			 : "memory");
	return old;
}

static inline uintptr_t aptr_fetch_add_relaxed(aptr *a, uintptr_t value)
{
	uintptr_t old;

	__asm__ volatile("amoadd.d %0, %z2, %1" : "=r"(old), "+A"(a->word) : "rJ"(value));
	return old;
}

/* *a == *seen ? (*a = value, true) : (*seen = *a, false). Weak: it may fail with
 * the two equal, when the reservation is lost. */
static inline bool aptr_cas_relaxed(aptr *a, uintptr_t *seen, uintptr_t value)
{
	uintptr_t found, lost;

	__asm__ volatile("li %1, 1\n"
			 "	lr.d %0, %2\n"
			 "	bne %0, %z3, 1f\n"
			 "	sc.d %1, %z4, %2\n"
			 "1:"
			 : "=&r"(found), "=&r"(lost), "+A"(a->word)
			 : "rJ"(*seen), "rJ"(value));
	*seen = found;
	return lost == 0;
}

/* *a == seen ? (*a = value, true) : false. Strong: false means that they differed. */
static inline bool aptr_cas_release(aptr *a, uintptr_t seen, uintptr_t value)
{
	uintptr_t found, lost;

	__asm__ volatile("1:	lr.d %0, %2\n"
			 "	bne %0, %z3, 2f\n"
			 "	sc.d.rl %1, %z4, %2\n"
			 "	bnez %1, 1b\n"
			 "2:"
			 : "=&r"(found), "=&r"(lost), "+A"(a->word)
			 : "rJ"(seen), "rJ"(value)
			 : "memory");
	return found == seen;
}

#else /* C11 */

#include <stdatomic.h>

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

static inline uintptr_t aptr_load_relaxed(const aptr *a)
{
	return atomic_load_explicit(&a->word, memory_order_relaxed);
}

static inline void aptr_store_relaxed(aptr *a, uintptr_t value)
{
	atomic_store_explicit(&a->word, value, memory_order_relaxed);
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

static inline uintptr_t aptr_fetch_add_relaxed(aptr *a, uintptr_t value)
{
	return atomic_fetch_add_explicit(&a->word, value, memory_order_relaxed);
}

static inline bool aptr_cas_relaxed(aptr *a, uintptr_t *seen, uintptr_t value)
{
	return atomic_compare_exchange_weak_explicit(&a->word, seen, value, memory_order_relaxed,
						     memory_order_relaxed);
}

static inline bool aptr_cas_release(aptr *a, uintptr_t seen, uintptr_t value)
{
	return atomic_compare_exchange_strong_explicit(&a->word, &seen, value, memory_order_release,
						       memory_order_relaxed);
}

#endif

#endif
