/* Concurrency Kit, ticket
 * ck_spinlock_ticket: include/spinlock/ticket.h at commit 0029650be132, include/gcc/riscv64/ck_pr.h
 * at 538875cbd35c
 */
#include "words.h"

struct their_lock {
	unsigned next, position;
};

#define their_node no_node

static inline unsigned their_load(unsigned *from)
{
	unsigned value;

	__asm__ volatile("lwu %0, 0(%1)" : "=r"(value) : "r"(from) : "memory");
	return value;
}

static inline void their_acquire(struct their_lock *l, struct their_node *node)
{
	unsigned mine;

	(void)node;
	__asm__ volatile("amoadd.w %0, %2, %1" : "=&r"(mine), "+A"(l->next) : "r"(1) : "memory");
	while (their_load(&l->position) != mine)
		__asm__ volatile("" ::: "memory");
	FENCE(r, rw);
}

static inline void their_release(struct their_lock *l, struct their_node *node)
{
	unsigned after;

	(void)node;
	FENCE(rw, w);
	after = their_load(&l->position) + 1;
	__asm__ volatile("sw %1, 0(%0)" ::"r"(&l->position), "r"(after) : "memory");
}
