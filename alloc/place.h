/* place.h: where the next block goes: pure arithmetic that every allocator here shares. */
#ifndef ALLOC_PLACE_H
#define ALLOC_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a line: words that harts write are kept on other lines than words that are
 * only read. Compile with -DPLACE_LINE=8 to lay everything out side by side instead. */
#ifndef PLACE_LINE
#define PLACE_LINE 64
#endif

/* Defines the node of an allocator without a lock that keeps nothing for a hart: any node
 * will do, nobody has to join, and no hart has bytes in store. */
#define ALLOC_KEEPS_NOTHING(name)                                              \
	struct name##_node {                                                   \
		char unused[0];                                                \
	};                                                                     \
	static inline void name##_join(struct name##_node *node, size_t batch) \
	{                                                                      \
		(void)node;                                                    \
		(void)batch;                                                   \
	}                                                                      \
	static inline size_t name##_waste(const struct name##_node *node)      \
	{                                                                      \
		(void)node;                                                    \
		return 0;                                                      \
	}

struct bump_place {
	uintptr_t block; /* address of the block */
	uintptr_t next;  /* first free address behind it */
};

/* Place `size` bytes at a multiple of `align` at or after `next`, before `end`.
 *
 * The caller guarantees: align is a power of two, next <= end.
 * Returns false when they do not fit; *p is then not written. A size of 0 takes no
 * room; its block is the aligned address, which may equal `end`. No addition
 * here can wrap, whatever size and align are. */
static inline bool bump_place(struct bump_place *p, uintptr_t next, uintptr_t end, size_t size,
			      size_t align)
{
	uintptr_t pad = -next & (align - 1);
	uintptr_t room = end - next;

	if (pad > room || size > room - pad)
		return false;
	p->block = next + pad;
	p->next = next + pad + size;
	return true;
}

#endif
