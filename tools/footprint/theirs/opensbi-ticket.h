/* OpenSBI, ticket
 * lib/sbi/riscv_locks.c, include/sbi/riscv_barrier.h at commit 995f226f3f33 (after version 1.5)
 */
#include "words.h"

struct their_lock {
	uint16_t owner, next;
};

#define their_node no_node

static inline void their_acquire(struct their_lock *l, struct their_node *node)
{
	unsigned long one = 1ul << 16, mask = 0xffff;
	uint32_t seen, mine, now;

	(void)node;
	__asm__ volatile("	amoadd.w.aqrl %0, %4, %3\n"
			 "	srli %1, %0, 16\n"
			 "	and %1, %1, %5\n"
			 "1:	and %2, %0, %5\n"
			 "	beq %1, %2, 2f\n"
			 "	lw %0, %3\n"
			 "	fence r, rw\n"
			 "	j 1b\n"
			 "2:"
			 : "=&r"(seen), "=&r"(mine), "=&r"(now), "+A"(*l)
			 : "r"(one), "r"(mask)
			 : "memory");
}

static inline void their_release(struct their_lock *l, struct their_node *node)
{
	(void)node;
	FENCE(rw, w);
	l->owner = l->owner + 1;
}
