/* Concurrency Kit, ttas
 * ck_spinlock_fas: include/spinlock/fas.h at commit 0029650be132, include/gcc/riscv64/ck_pr.h at
 * 538875cbd35c
 */
#include "words.h"

struct their_lock {
	unsigned value;
};

#define their_node no_node

static inline unsigned their_swap(struct their_lock *l, unsigned value)
{
	unsigned before;

	__asm__ volatile("amoswap.w %0, %2, %1"
			 : "=&r"(before), "+A"(l->value)
			 : "r"(value)
			 : "memory");
	return before;
}

static inline unsigned their_load(unsigned *from)
{
	unsigned long value;

	__asm__ volatile("lwu %0, 0(%1)" : "=r"(value) : "r"(from) : "memory");
	return (unsigned)value;
}

static inline void their_acquire(struct their_lock *l, struct their_node *node)
{
	(void)node;
	while (their_swap(l, true) == true)
		while (their_load(&l->value) == true)
			__asm__ volatile("" ::: "memory");
	FENCE(r, rw);
}

static inline void their_release(struct their_lock *l, struct their_node *node)
{
	(void)node;
	FENCE(rw, w);
	__asm__ volatile("sw %1, 0(%0)" ::"r"(&l->value), "r"(0) : "memory");
}
