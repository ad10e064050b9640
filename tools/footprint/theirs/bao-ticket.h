/* Bao, ticket
 * src/arch/riscv/inc/arch/spinlock.h at commit e7d3da341d11 (after version 1.0)
 */
#include "words.h"

struct their_lock {
	uint32_t serving, next;
};

#define their_node no_node

static inline void their_acquire(struct their_lock *l, struct their_node *node)
{
	uint32_t mine, now;

	(void)node;
	__asm__ volatile("	amoadd.w.aqrl %0, %3, %2\n"
			 "1:	lw %1, %4\n"
			 "	fence r, rw\n"
			 "	bne %0, %1, 1b\n"
			 : "=&r"(mine), "=&r"(now), "+A"(l->next)
			 : "r"(1), "A"(l->serving)
			 : "memory");
}

static inline void their_release(struct their_lock *l, struct their_node *node)
{
	uint32_t after = l->serving + 1;

	(void)node;
	__asm__ volatile("fence rw, rw\n\tsw %1, %0" : "=A"(l->serving) : "r"(after) : "memory");
}
