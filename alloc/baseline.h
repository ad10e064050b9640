/* baseline: plain loads and stores on one hart, which no shared heap can beat.
 *
 * Fairness     nobody else is there.
 * Waiters spin nowhere.
 * Space        8 bytes (`next`) and its bounds, a line each; 0 bytes a waiter.
 * Bound        one hart. With more it hands the same block out twice; `null` is there
 *              to show that.
 * Relies on    nothing.
 * Source       none: it is what a kernel does before it wakes its second hart.
 *
 * Orders: all are relaxed, because no other hart looks. The code is cas.h with a store
 * in the place of the compare-and-swap.
 */
#ifndef ALLOC_BASELINE_H
#define ALLOC_BASELINE_H

#include "../lock/atomic.h"
#include "place.h"

struct baseline_heap {
	_Alignas(PLACE_LINE) aptr next;       /* first free address: start <= next <= end */
	_Alignas(PLACE_LINE) uintptr_t start; /* first address of the memory given */
	uintptr_t end;                        /* first address behind it */
};

struct baseline_seen {
	char unused[0];
};

ALLOC_KEEPS_NOTHING(baseline)

/* Set the heap up over [start, end). The caller guarantees 0 < start <= end, and that the
 * memory is nobody else's. */
static inline void baseline_init(struct baseline_heap *heap, uintptr_t start, uintptr_t end)
{
	aptr_store_relaxed(&heap->next, start);
	heap->start = start;
	heap->end = end;
}

static inline struct baseline_seen baseline_begin(struct baseline_heap *heap,
						  struct baseline_node *node)
{
	(void)heap;
	(void)node;
	return (struct baseline_seen){};
}

/* Attempt once, which is always enough. Returns true: *block is the block, or NULL when
 * `size` bytes at a multiple of `align` do not fit. The caller guarantees: align is a
 * power of two; no other hart is there. */
static inline bool baseline_try(struct baseline_heap *heap, struct baseline_seen *seen, size_t size,
				size_t align, void **block)
{
	struct bump_place p;

	(void)seen;
	*block = NULL;
	if (!bump_place(&p, aptr_load_relaxed(&heap->next), heap->end, size, align))
		return true;
	aptr_store_relaxed(&heap->next, p.next);
	*block = (void *)p.block;
	return true;
}

/* Allocate `size` bytes at a multiple of `align`. Returns NULL when they do not fit. The
 * caller guarantees: align is a power of two; no other hart is there. */
static inline void *baseline_alloc(struct baseline_heap *heap, size_t size, size_t align)
{
	struct baseline_seen seen = {};
	void *block;

	(void)baseline_try(heap, &seen, size, align, &block);
	return block;
}

/* Does nothing: memory comes back all at once, by baseline_reset(). */
static inline void baseline_free(struct baseline_heap *heap, void *block)
{
	(void)heap;
	(void)block;
}

/* Take every block back. The caller guarantees that none is in use. */
static inline void baseline_reset(struct baseline_heap *heap)
{
	aptr_store_relaxed(&heap->next, heap->start);
}

/* Returns the bytes from `start` to `next`: blocks and the padding before them. */
static inline size_t baseline_used(struct baseline_heap *heap)
{
	return aptr_load_relaxed(&heap->next) - heap->start;
}

#endif
