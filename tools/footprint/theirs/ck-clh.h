/* Concurrency Kit, clh
 * ck_spinlock_clh: include/spinlock/clh.h at commit 0029650be132, include/gcc/riscv64/ck_pr.h at
 * 538875cbd35c
 */
#include "words.h"

struct their_cell {
	unsigned wait;
	struct their_cell *previous;
};

struct their_lock {
	struct their_cell *tail;
};

/* The cell that is its caller's, which an unlock exchanges. */
struct their_node {
	struct their_cell *mine;
};

#define THEIR_SET_UP
static inline void their_set_up(struct their_lock *l, struct their_node *node)
{
	static struct their_cell first, second;

	l->tail = &first;
	node->mine = &second;
}

static inline unsigned their_look(const unsigned *from)
{
	unsigned value;

	__asm__ volatile("lwu %0, 0(%1)" : "=r"(value) : "r"(from) : "memory");
	return value;
}

static inline void their_acquire(struct their_lock *l, struct their_node *node)
{
	struct their_cell *cell = node->mine, *previous;

	cell->wait = true;
	FENCE(w, rw);
	__asm__ volatile("amoswap.d %0, %2, %1"
			 : "=&r"(previous), "+A"(l->tail)
			 : "r"(cell)
			 : "memory");
	cell->previous = previous;
	FENCE(r, r);
	while (their_look(&previous->wait) == true)
		__asm__ volatile("" ::: "memory");
	FENCE(r, r);
}

static inline void their_release(struct their_lock *l, struct their_node *node)
{
	struct their_cell *cell = node->mine, *previous = cell->previous;

	(void)l;
	FENCE(rw, w);
	__asm__ volatile("sw %1, 0(%0)" ::"r"(&cell->wait), "r"(0) : "memory");
	node->mine = previous;
}
