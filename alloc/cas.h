/* cas: no lock, a compare-and-swap on the allocator's `next`, retried until it wins.
 *
 * Fairness     none: some hart always gets on, a given one may not.
 * Waiters spin on `next` itself: a lost race costs one more line transfer.
 * Space        8 bytes (`next`) and its bounds, a line each; 0 bytes a waiter.
 * Bound        any number of harts. No ABA: `next` only ever grows until
 *              reset, so an equal value is an unchanged value.
 * Relies on    the eventual success of SC (unprivileged manual, "Eventual Success of
 *              Store-Conditional Instructions"): the compare-and-swap is a constrained
 *              LR/SC loop (../lock/atomic.h). Some hart leaves its loop: by its SC, or
 *              because `next` differs, and then another hart's SC succeeded. It promises
 *              that some hart gets a block, not that yours does.
 * Source       IBM System/370 Principles of Operation, COMPARE AND SWAP
 *              programming notes; M. Herlihy, "Wait-Free Synchronization",
 *              ACM TOPLAS 13(1), 1991.
 *
 * Orders: the only shared datum is `next` itself, and a block handed out was
 * never written before, so there is nothing to publish or to see: every order
 * is relaxed. Data put *into* a block is published by whoever passes it on.
 */
#ifndef ALLOC_CAS_H
#define ALLOC_CAS_H

#include "../lock/atomic.h"
#include "place.h"

struct cas_heap {
	_Alignas(PLACE_LINE) aptr next; /* first free address: start <= next <= end */
	/* `start` and `end` are only read, and so stay in every hart's cache; beside
	 * `next` they would have to be fetched back before the compare-and-swap */
	_Alignas(PLACE_LINE) uintptr_t start; /* first address of the memory given */
	uintptr_t end;                        /* first address behind it */
};

/* The values that an attempt is based on. `end` is read once, so that a retry looks at `next`
 * only. */
struct cas_seen {
	uintptr_t next, end;
};

ALLOC_KEEPS_NOTHING(cas)

/* Set the heap up over [start, end). The caller guarantees 0 < start <= end, that the
 * memory is nobody else's, and publishes the heap to the other harts. */
static inline void cas_init(struct cas_heap *heap, uintptr_t start, uintptr_t end)
{
	/* relaxed: see the preamble; the caller publishes. */
	aptr_store_relaxed(&heap->next, start);
	heap->start = start;
	heap->end = end;
}

/* Look at the heap once, before the first attempt. */
static inline struct cas_seen cas_begin(struct cas_heap *heap, struct cas_node *node)
{
	(void)node;
	/* relaxed: the value is a guess that the compare-and-swap checks. */
	return (struct cas_seen){aptr_load_relaxed(&heap->next), heap->end};
}

/* Attempt once to turn `seen` into a block. Returns true when the matter is settled: *block
 * is then the block, or NULL when `size` bytes at a multiple of `align` do not fit. Returns
 * false when another hart was faster: `seen` has then what that hart left.
 * The caller guarantees: align is a power of two. */
static inline bool cas_try(struct cas_heap *heap, struct cas_seen *seen, size_t size, size_t align,
			   void **block)
{
	struct bump_place p;

	if (!bump_place(&p, seen->next, seen->end, size, align)) {
		*block = NULL;
		return true;
	}
	*block = (void *)p.block;
	/* relaxed: see the preamble. */
	return aptr_cas_relaxed(&heap->next, &seen->next, p.next);
}

/* Allocate `size` bytes at a multiple of `align`. Returns NULL when they do not fit. Any
 * number of harts may call it at once. The caller guarantees: align is a power of two. */
static inline void *cas_alloc(struct cas_heap *heap, size_t size, size_t align)
{
	struct cas_seen seen = cas_begin(heap, (struct cas_node *)0);
	void *block;

	while (!cas_try(heap, &seen, size, align, &block))
		;
	return block;
}

/* Does nothing: memory comes back all at once, by cas_reset(). */
static inline void cas_free(struct cas_heap *heap, void *block)
{
	(void)heap;
	(void)block;
}

/* Take every block back. The caller guarantees that none is in use and that
 * no other call is under way. */
static inline void cas_reset(struct cas_heap *heap)
{
	/* relaxed: see the guarantee. */
	aptr_store_relaxed(&heap->next, heap->start);
}

/* Returns the bytes from `start` to `next`: blocks and the padding before them. */
static inline size_t cas_used(struct cas_heap *heap)
{
	return aptr_load_relaxed(&heap->next) - heap->start;
}

#endif
