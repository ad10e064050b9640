/* amocas: no lock, a compare-and-swap on the allocator's `next` by one instruction of Zacas.
 *
 * Fairness     none: some hart always gets on, a given one may not.
 * Waiters spin on `next` itself: a lost race costs one more line transfer.
 * Space        8 bytes (`next`) and its bounds, a line each; 0 bytes a waiter.
 * Bound        any number of harts. No ABA: `next` only ever grows until
 *              reset, so an equal value is an unchanged value.
 * Relies on    Zacas, and forward progress of its AMO (amocas.d); nothing of
 *              LR/SC. The caller must know that every hart has Zacas.
 * Source       cas.h; RISC-V Atomic Compare-and-Swap Instructions (Zacas) 1.0.
 *
 * Orders: as in cas.h, nothing is published through `next`; all are relaxed.
 */
#ifndef ALLOC_AMOCAS_H
#define ALLOC_AMOCAS_H

#include "../lock/atomic.h"
#include "place.h"

struct amocas_heap {
	_Alignas(PLACE_LINE) aptr next; /* first free address: start <= next <= end */
	/* `start` and `end` are only read, and so stay in every hart's cache; beside
	 * `next` they would have to be fetched back before the compare-and-swap */
	_Alignas(PLACE_LINE) uintptr_t start; /* first address of the memory given */
	uintptr_t end;                        /* first address behind it */
};

/* The values that an attempt is based on. `end` is read once, so that a retry looks at `next`
 * only. */
struct amocas_seen {
	uintptr_t next, end;
};

ALLOC_KEEPS_NOTHING(amocas)

/* Set the heap up over [start, end). The caller guarantees 0 < start <= end, that the
 * memory is nobody else's, and publishes the heap to the other harts. */
static inline void amocas_init(struct amocas_heap *heap, uintptr_t start, uintptr_t end)
{
	/* relaxed: see the preamble; the caller publishes. */
	aptr_store_relaxed(&heap->next, start);
	heap->start = start;
	heap->end = end;
}

/* Look at the heap once, before the first attempt. */
static inline struct amocas_seen amocas_begin(struct amocas_heap *heap, struct amocas_node *node)
{
	(void)node;
	/* relaxed: the value is a guess that the compare-and-swap checks. */
	return (struct amocas_seen){aptr_load_relaxed(&heap->next), heap->end};
}

/* Attempt once to turn `seen` into a block. Returns true when the matter is settled: *block
 * is then the block, or NULL when `size` bytes at a multiple of `align` do not fit. Returns
 * false when another hart was faster: `seen` has then what that hart left.
 * The caller guarantees: align is a power of two. */
static inline bool amocas_try(struct amocas_heap *heap, struct amocas_seen *seen, size_t size,
			      size_t align, void **block)
{
	struct bump_place p;

	if (!bump_place(&p, seen->next, seen->end, size, align)) {
		*block = NULL;
		return true;
	}
	*block = (void *)p.block;
	/* relaxed: see the preamble. */
	return aptr_amocas_relaxed(&heap->next, &seen->next, p.next);
}

/* Allocate `size` bytes at a multiple of `align`. Returns NULL when they do not fit. Any
 * number of harts may call it at once. The caller guarantees: align is a power of two. */
static inline void *amocas_alloc(struct amocas_heap *heap, size_t size, size_t align)
{
	struct amocas_seen seen = amocas_begin(heap, (struct amocas_node *)0);
	void *block;

	while (!amocas_try(heap, &seen, size, align, &block))
		;
	return block;
}

/* Does nothing: memory comes back all at once, by amocas_reset(). */
static inline void amocas_free(struct amocas_heap *heap, void *block)
{
	(void)heap;
	(void)block;
}

/* Take every block back. The caller guarantees that none is in use and that
 * no other call is under way. */
static inline void amocas_reset(struct amocas_heap *heap)
{
	/* relaxed: see the guarantee. */
	aptr_store_relaxed(&heap->next, heap->start);
}

/* Returns the bytes from `start` to `next`: blocks and the padding before them. */
static inline size_t amocas_used(struct amocas_heap *heap)
{
	return aptr_load_relaxed(&heap->next) - heap->start;
}

#endif
