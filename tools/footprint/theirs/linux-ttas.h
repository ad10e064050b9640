/* Linux, ttas
 * arch/riscv/include/asm/spinlock.h at commit 21db40366014 (its lock until 5.18; the acquire and
 * the release as in 4.15)
 */
#include "words.h"

struct their_lock {
	uint32_t held;
};

#define their_node no_node

static inline bool their_try(struct their_lock *l)
{
	int busy;

	__asm__ volatile("amoswap.w.aq %0, %2, %1" : "=r"(busy), "+A"(l->held) : "r"(1) : "memory");
	return !busy;
}

static inline void their_acquire(struct their_lock *l, struct their_node *node)
{
	(void)node;
	for (;;) {
		if (ONCE(l->held) != 0)
			continue;
		if (their_try(l))
			break;
	}
}

static inline void their_release(struct their_lock *l, struct their_node *node)
{
	(void)node;
	__asm__ volatile("amoswap.w.rl x0, x0, %0" : "=A"(l->held)::"memory");
}
