/* atomic_rv64.h: atomic.h's operations in RISC-V instructions; the table is there. */
#ifndef LOCK_ATOMIC_RV64_H
#define LOCK_ATOMIC_RV64_H

#ifndef LOCK_TYPES /* atomic.h has included them */
#include <stdbool.h>
#include <stdint.h>
#endif

#if __riscv_xlen != 64
#error "lock/atomic.h: written for rv64"
#endif

typedef struct {
	volatile uint32_t word;
} a32;

typedef struct {
	volatile uintptr_t word;
} aptr;

/* A 32-bit word in a register of rv64. It is sign-extended, as `lw` and the AMOs leave
 * it, so that two of them compare without another instruction. */
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

static inline void a32_swap_out_release(a32 *a, a32_value value)
{
	__asm__ volatile("amoswap.w.rl zero, %z1, %0" : "+A"(a->word) : "rJ"(value) : "memory");
}

static inline void a32_full_fence_store(a32 *a, a32_value value)
{
	__asm__ volatile("fence rw, rw\n\tsw %z1, %0" : "=m"(a->word) : "rJ"(value) : "memory");
}

static inline void aptr_swap_out_release(aptr *a, uintptr_t value)
{
	__asm__ volatile("amoswap.d.rl zero, %z1, %0" : "+A"(a->word) : "rJ"(value) : "memory");
}

static inline void aptr_full_fence_store(aptr *a, uintptr_t value)
{
	__asm__ volatile("fence rw, rw\n\tsd %z1, %0" : "=m"(a->word) : "rJ"(value) : "memory");
}

static inline void atomic_full_fence(void)
{
	__asm__ volatile("fence rw, rw" ::: "memory");
}

static inline a32_value a32_fetch_or_relaxed(a32 *a, a32_value value)
{
	a32_value old;

	__asm__ volatile("amoor.w %0, %z2, %1" : "=r"(old), "+A"(a->word) : "rJ"(value));
	return old;
}

static inline void a32_add_relaxed(a32 *a, a32_value value)
{
	__asm__ volatile("amoadd.w zero, %z1, %0" : "+A"(a->word) : "rJ"(value));
}

static inline void a32_add_release(a32 *a, a32_value value)
{
	__asm__ volatile("amoadd.w.rl zero, %z1, %0" : "+A"(a->word) : "rJ"(value) : "memory");
}

static inline void a32_or_relaxed(a32 *a, a32_value value)
{
	__asm__ volatile("amoor.w zero, %z1, %0" : "+A"(a->word) : "rJ"(value));
}

static inline void a32_and_relaxed(a32 *a, a32_value value)
{
	__asm__ volatile("amoand.w zero, %z1, %0" : "+A"(a->word) : "rJ"(value));
}

/* *a == seen ? (*a = value, true) : false. */
static inline bool a32_cas_acquire(a32 *a, a32_value seen, a32_value value)
{
	a32_value found, lost;

	__asm__ volatile("1:	lr.w.aq %0, %2\n"
			 "	bne %0, %z3, 2f\n"
			 "	sc.w %1, %z4, %2\n"
			 "	bnez %1, 1b\n"
			 "2:"
			 : "=&r"(found), "=&r"(lost), "+A"(a->word)
			 : "rJ"(seen), "rJ"(value)
			 : "memory");
	return found == seen;
}

/* This is a32_cas_acquire() without its order. */
static inline bool a32_cas_relaxed(a32 *a, a32_value seen, a32_value value)
{
	a32_value found, lost;

	__asm__ volatile("1:	lr.w %0, %2\n"
			 "	bne %0, %z3, 2f\n"
			 "	sc.w %1, %z4, %2\n"
			 "	bnez %1, 1b\n"
			 "2:"
			 : "=&r"(found), "=&r"(lost), "+A"(a->word)
			 : "rJ"(seen), "rJ"(value));
	return found == seen;
}

/* *a == *seen ? (*a = value, true) : (*seen = *a, false). Everything written before it is
 * visible to a hart that acquires the new value. */
static inline bool a32_cas_release(a32 *a, a32_value *seen, a32_value value)
{
	a32_value expected = *seen, found, lost;

	__asm__ volatile("1:	lr.w %0, %2\n"
			 "	bne %0, %z3, 2f\n"
			 "	sc.w.rl %1, %z4, %2\n"
			 "	bnez %1, 1b\n"
			 "2:"
			 : "=&r"(found), "=&r"(lost), "+A"(a->word)
			 : "rJ"(expected), "rJ"(value)
			 : "memory");
	*seen = found;
	return found == expected;
}

static inline uintptr_t aptr_load_relaxed(const aptr *a)
{
	return a->word;
}

static inline void aptr_store_relaxed(aptr *a, uintptr_t value)
{
	a->word = value;
}

static inline uintptr_t aptr_load_acquire(const aptr *a)
{
	uintptr_t value;

	__asm__ volatile("ld %0, %1\n\tfence r, rw" : "=r"(value) : "m"(a->word) : "memory");
	return value;
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

static inline uintptr_t aptr_swap_release_depend(aptr *a, uintptr_t value)
{
	uintptr_t old;

	__asm__ volatile("amoswap.d.rl %0, %z2, %1"
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

/* *a == *seen ? (*a = value, true) : (*seen = *a, false). */
static inline bool aptr_cas_relaxed(aptr *a, uintptr_t *seen, uintptr_t value)
{
	uintptr_t expected = *seen, found, lost;

	__asm__ volatile("1:	lr.d %0, %2\n"
			 "	bne %0, %z3, 2f\n"
			 "	sc.d %1, %z4, %2\n"
			 "	bnez %1, 1b\n"
			 "2:"
			 : "=&r"(found), "=&r"(lost), "+A"(a->word)
			 : "rJ"(expected), "rJ"(value));
	*seen = found;
	return found == expected;
}

/* *a == seen ? (*a = value, true) : false. */
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

/* *a == seen ? (*a = value, true) : false. */
static inline bool aptr_cas_acq_rel(aptr *a, uintptr_t seen, uintptr_t value)
{
	uintptr_t found, lost;

	__asm__ volatile("1:	lr.d.aq %0, %2\n"
			 "	bne %0, %z3, 2f\n"
			 "	sc.d.rl %1, %z4, %2\n"
			 "	bnez %1, 1b\n"
			 "2:"
			 : "=&r"(found), "=&r"(lost), "+A"(a->word)
			 : "rJ"(seen), "rJ"(value)
			 : "memory");
	return found == seen;
}

/* aptr_cas_relaxed() by one AMO of Zacas (unprivileged manual, chapter "Zacas"). The caller
 * guarantees that the hart has Zacas. The instruction is written as a
 * word in fields, because older assemblers do not know it and newer ones want the
 * extension named. */
static inline bool aptr_amocas_relaxed(aptr *a, uintptr_t *seen, uintptr_t value)
{
	uintptr_t expected = *seen, found = expected;

	__asm__ volatile(".insn r 0x2f, 3, 0x14, %0, %2, %3" /* amocas.d %0, %3, (%2) */
			 : "+r"(found), "+m"(a->word)
			 : "r"(&a->word), "r"(value));
	*seen = found;
	return found == expected;
}

/* Move *a behind the next `size` bytes at a multiple of mask + 1, a power of two. Returns
 * true, and in *behind what *a is then; false when the bytes do not fit before `end`, or
 * would wrap. The caller guarantees: *a <= end. */
static inline bool aptr_bump_relaxed(aptr *a, uintptr_t end, uintptr_t size, uintptr_t mask,
				     uintptr_t *behind)
{
	uintptr_t next, need, room, lost;

	__asm__ volatile("li %3, 1\n"
			 "1:	lr.d %0, %4\n"
			 "	neg %1, %0\n"
			 "	and %1, %1, %7\n" /* bytes up to the multiple */
			 "	add %1, %1, %6\n"
			 "	bltu %1, %6, 2f\n"
			 "	sub %2, %5, %0\n"
			 "	bltu %2, %1, 2f\n"
			 "	add %0, %0, %1\n"
			 "	sc.d %3, %0, %4\n"
			 "	bnez %3, 1b\n"
			 "2:"
			 : "=&r"(next), "=&r"(need), "=&r"(room), "=&r"(lost), "+A"(a->word)
			 : "r"(end), "r"(size), "r"(mask));
	*behind = next;
	return lost == 0;
}

#endif
