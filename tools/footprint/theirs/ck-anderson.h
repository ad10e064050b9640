/* Concurrency Kit, anderson
 * ck_spinlock_anderson: include/spinlock/anderson.h at commit 411afc3c4766,
 * include/gcc/riscv64/ck_pr.h at 538875cbd35c. Slots for a power of two of harts; the way for other
 * numbers, a compare-and-swap, is left out, the look whether it is needed is not.
 */
#include "words.h"

struct their_slot {
	unsigned locked, position;
};

struct their_lock {
	struct their_slot *slots;
	unsigned count, wrap, mask;
	char pad[64 - 3 * sizeof(unsigned) - sizeof(void *)];
	unsigned next;
};

struct their_node {
	struct their_slot *slot;
};

#define THEIR_SET_UP
static inline void their_set_up(struct their_lock *l, struct their_node *node)
{
	static struct their_slot slots[64];

	for (unsigned i = 0; i < 64; i++)
		slots[i] = (struct their_slot){i != 0, i};
	*l = (struct their_lock){.slots = slots, .count = 64, .mask = 63};
	node->slot = 0;
}

static inline unsigned their_look(const unsigned *from)
{
	unsigned value;

	__asm__ volatile("lwu %0, 0(%1)" : "=r"(value) : "r"(from) : "memory");
	return value;
}

static inline void their_store(unsigned *to, unsigned value)
{
	__asm__ volatile("sw %1, 0(%0)" ::"r"(to), "r"(value) : "memory");
}

static inline void their_acquire(struct their_lock *l, struct their_node *node)
{
	unsigned position;

	if (l->wrap != 0)
		__builtin_trap();
	__asm__ volatile("amoadd.w %0, %2, %1"
			 : "=&r"(position), "+A"(l->next)
			 : "r"(1)
			 : "memory");
	position &= l->mask;
	FENCE(r, r);
	while (their_look(&l->slots[position].locked) == true)
		__asm__ volatile("" ::: "memory");
	their_store(&l->slots[position].locked, true);
	FENCE(r, rw);
	node->slot = l->slots + position;
}

static inline void their_release(struct their_lock *l, struct their_node *node)
{
	FENCE(rw, w);
	if (l->wrap != 0)
		__builtin_trap();
	their_store(&l->slots[(node->slot->position + 1) & l->mask].locked, false);
}
