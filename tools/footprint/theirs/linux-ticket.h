/* Linux, ticket
 * include/asm-generic/ticket_spinlock.h at commit 22c33321e260, arch/riscv/include/asm/atomic.h at
 * 175502747b6c
 */
#include "words.h"

struct their_lock {
	union {
		uint32_t word;
		uint16_t owner; /* its lower half; the next number is above */
	};
};

#define their_node no_node

static inline void their_acquire(struct their_lock *l, struct their_node *node)
{
	uint32_t seen;
	uint16_t mine;

	(void)node;
	__asm__ volatile("amoadd.w.aqrl %1, %2, %0"
			 : "+A"(l->word), "=r"(seen)
			 : "r"(1 << 16)
			 : "memory");
	mine = (uint16_t)(seen >> 16);
	if (__builtin_expect(mine == (uint16_t)seen, 1))
		return;
	while (mine != (uint16_t)ONCE(l->word))
		__asm__ volatile("" ::: "memory");
	FENCE(r, rw);
	FENCE(rw, rw);
}

static inline void their_release(struct their_lock *l, struct their_node *node)
{
	uint32_t seen = ONCE(l->word);

	(void)node;
	FENCE(rw, w);
	ONCE(l->owner) = (uint16_t)seen + 1;
}
