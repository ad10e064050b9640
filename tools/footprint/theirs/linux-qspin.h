/* Linux, qspin
 * include/asm-generic/qspinlock.h and arch/riscv/include/asm/cmpxchg.h as in 6.13, the first with
 * it on RISC-V; no more than the way without a waiter
 */
#include "words.h"

struct their_lock {
	union {
		uint32_t word;
		uint8_t locked; /* its lowest byte */
	};
};

#define their_node no_node

static void __attribute__((noinline)) their_slow_path(struct their_lock *l, uint32_t seen)
{
	while (seen != 0)
		seen = ONCE(l->word);
}

static inline void their_acquire(struct their_lock *l, struct their_node *node)
{
	uint32_t found;
	unsigned lost;

	(void)node;
	__asm__ volatile("0:	lr.w %0, %2\n"
			 "	bne %0, %z3, 1f\n"
			 "	sc.w %1, %z4, %2\n"
			 "	bnez %1, 0b\n"
			 "	fence r, rw\n"
			 "1:"
			 : "=&r"(found), "=&r"(lost), "+A"(l->word)
			 : "rJ"(0l), "rJ"(1)
			 : "memory");
	if (__builtin_expect(found == 0, 1))
		return;
	their_slow_path(l, found);
}

static inline void their_release(struct their_lock *l, struct their_node *node)
{
	(void)node;
	FENCE(rw, w);
	ONCE(l->locked) = 0;
}
