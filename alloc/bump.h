/* bump: the bump allocator itself, over memory its caller gives.
 *
 * One pointer, `next`, moves from `start` to `end`; a block is the memory it moved
 * over. Nothing here is atomic: with more than one hart every call but bump_free()
 * must be made under one lock. That lock is what hartlock measures.
 */
#ifndef ALLOC_BUMP_H
#define ALLOC_BUMP_H

#include "place.h"

struct bump {
	uintptr_t next;  /* first free address: start <= next <= end */
	uintptr_t start; /* first address of the memory given */
	uintptr_t end;   /* first address behind it */
};

/* Set the heap up over [start, end). The caller guarantees 0 < start <= end, and that the
 * memory is nobody else's. */
static inline void bump_init(struct bump *heap, uintptr_t start, uintptr_t end)
{
	heap->next = start;
	heap->start = start;
	heap->end = end;
}

/* Allocate `size` bytes at a multiple of `align`. Returns NULL when they do not fit; a
 * smaller request may still fit then.
 * The caller guarantees: align is a power of two; no other call is under way (see above). */
static inline void *bump_alloc(struct bump *heap, size_t size, size_t align)
{
	struct bump_place p;

	if (!bump_place(&p, heap->next, heap->end, size, align))
		return NULL;
	heap->next = p.next;
	return (void *)p.block;
}

/* Does nothing: memory comes back all at once, by bump_reset(). */
static inline void bump_free(struct bump *heap, void *block)
{
	(void)heap;
	(void)block;
}

/* Take every block back. The caller guarantees that none is in use. */
static inline void bump_reset(struct bump *heap)
{
	heap->next = heap->start;
}

/* Returns the bytes from `start` to `next`: blocks and the padding before them. */
static inline size_t bump_used(const struct bump *heap)
{
	return heap->next - heap->start;
}

#endif
