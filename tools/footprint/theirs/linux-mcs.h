/* Linux, mcs
 * kernel/locking/mcs_spinlock.h (since 4.4: cmpxchg_release), arch/riscv/include/asm/cmpxchg.h at
 * commit 07a0a41cb77d
 */
#include "words.h"

struct their_node {
	struct their_node *next;
	int locked, count;
};

struct their_lock {
	struct their_node *tail;
};

static inline void their_acquire(struct their_lock *l, struct their_node *node)
{
	struct their_node *ahead;

	node->locked = 0;
	node->next = 0;
	__asm__ volatile("amoswap.d.aqrl %0, %2, %1"
			 : "=r"(ahead), "+A"(l->tail)
			 : "r"(node)
			 : "memory");
	if (__builtin_expect(ahead == 0, 1))
		return;
	ONCE(ahead->next) = node;
	while (!ONCE(node->locked))
		__asm__ volatile("" ::: "memory");
	FENCE(r, rw);
}

static inline struct their_node *their_swap_if(struct their_lock *l, struct their_node *old)
{
	struct their_node *found;
	unsigned lost;

	__asm__ volatile("	fence rw, w\n"
			 "0:	lr.d %0, %2\n"
			 "	bne %0, %z3, 1f\n"
			 "	sc.d %1, %z4, %2\n"
			 "	bnez %1, 0b\n"
			 "1:"
			 : "=&r"(found), "=&r"(lost), "+A"(l->tail)
			 : "rJ"(old), "rJ"(0)
			 : "memory");
	return found;
}

static inline void their_release(struct their_lock *l, struct their_node *node)
{
	struct their_node *next = ONCE(node->next);

	if (__builtin_expect(next == 0, 1)) {
		if (__builtin_expect(their_swap_if(l, node) == node, 1))
			return;
		while ((next = ONCE(node->next)) == 0)
			__asm__ volatile("" ::: "memory");
	}
	FENCE(rw, w);
	ONCE(next->locked) = 1;
}
