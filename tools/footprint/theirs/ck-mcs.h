/* Concurrency Kit, mcs
 * ck_spinlock_mcs: include/spinlock/mcs.h at commit 04a4a4e1ef02, include/gcc/riscv64/ck_pr.h at
 * 538875cbd35c
 */
#include "words.h"

struct their_node {
	unsigned locked;
	struct their_node *next;
};

struct their_lock {
	struct their_node *tail;
};

static inline void *their_load(const void *from)
{
	void *value;

	__asm__ volatile("ld %0, 0(%1)" : "=r"(value) : "r"(from) : "memory");
	return value;
}

static inline unsigned their_look(const unsigned *from)
{
	unsigned value;

	__asm__ volatile("lwu %0, 0(%1)" : "=r"(value) : "r"(from) : "memory");
	return value;
}

static inline void their_acquire(struct their_lock *l, struct their_node *node)
{
	struct their_node *ahead;

	node->locked = true;
	node->next = 0;
	FENCE(w, rw);
	__asm__ volatile("amoswap.d %0, %2, %1"
			 : "=&r"(ahead), "+A"(l->tail)
			 : "r"(node)
			 : "memory");
	if (ahead != 0) {
		__asm__ volatile("sd %1, 0(%0)" ::"r"(&ahead->next), "r"(node) : "memory");
		while (their_look(&node->locked) == true)
			__asm__ volatile("" ::: "memory");
	}
	FENCE(rw, rw);
}

static inline bool their_swap_if(struct their_lock *l, struct their_node *old)
{
	struct their_node *found;
	int lost;

	__asm__ volatile("1:	li %[lost], 1\n"
			 "	lr.d %[found], %[tail]\n"
			 "	bne %[found], %[old], 2f\n"
			 "	sc.d %[lost], %[none], %[tail]\n"
			 "	bnez %[lost], 1b\n"
			 "2:"
			 : [found] "=&r"(found), [lost] "=&r"(lost), [tail] "+A"(l->tail)
			 : [old] "r"(old), [none] "r"(0ul)
			 : "memory");
	return lost == 0;
}

static inline void their_release(struct their_lock *l, struct their_node *node)
{
	struct their_node *next;

	FENCE(rw, rw);
	next = their_load(&node->next);
	if (next == 0) {
		if (their_load(&l->tail) == node && their_swap_if(l, node))
			return;
		while ((next = their_load(&node->next)) == 0)
			__asm__ volatile("" ::: "memory");
	}
	__asm__ volatile("sw %1, 0(%0)" ::"r"(&next->locked), "r"(0) : "memory");
}
