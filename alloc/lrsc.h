/* lrsc: no lock, the allocator's `next` is read, bumped and written between one LR and its SC.
 *
 * Fairness     none: some hart always gets on, a given one may not.
 * Waiters spin on `next` itself. The LR reads it, so that no guess grows old: an SC fails
 *              only if the line is lost in the seven instructions between the two.
 * Space        8 bytes (`next`) and its bounds, a line each; 0 bytes a waiter.
 * Bound        any number of harts. No ABA: an SC fails when anybody wrote.
 * Relies on    LR/SC of RISC-V (Zalrsc, a part of A) and the eventual success of SC
 *              (unprivileged manual, "Eventual Success of Store-Conditional
 *              Instructions"): the whole allocation is a constrained LR/SC loop
 *              (../lock/atomic.h). It promises that some hart gets a block, not that
 *              yours does.
 * Source       unprivileged manual, chapter "A", section "Load-Reserved/Store-Conditional
 *              Instructions"; E. H. Jensen, G. W. Hagensen and J. M. Broughton, "A New
 *              Approach to Exclusive Data Access in Shared Memory Multiprocessors",
 *              UCRL-97663, 1987.
 *
 * Processors without such a pair of instructions do the same by compare-and-swap: they
 * have the results of `lrsc` for checks, and the cost of `cas`. The bench does not run it
 * there.
 *
 * Orders: as in cas.h, nothing is published through `next`; all are relaxed.
 */
#ifndef ALLOC_LRSC_H
#define ALLOC_LRSC_H

#include "../lock/atomic.h"
#include "place.h"

struct lrsc_heap {
	_Alignas(PLACE_LINE) aptr next; /* first free address: start <= next <= end */
	/* `start` and `end` are only read, and so stay in every hart's cache */
	_Alignas(PLACE_LINE) uintptr_t start; /* first address of the memory given */
	uintptr_t end;                        /* first address behind it */
};

/* Attempts have nothing to remember: the first one settles the matter. */
struct lrsc_seen {
	char unused[0];
};

ALLOC_KEEPS_NOTHING(lrsc)

/* Set the heap up over [start, end). The caller guarantees 0 < start <= end, that the
 * memory is nobody else's, and publishes the heap to the other harts. */
static inline void lrsc_init(struct lrsc_heap *heap, uintptr_t start, uintptr_t end)
{
	/* relaxed: see the preamble; the caller publishes. */
	aptr_store_relaxed(&heap->next, start);
	heap->start = start;
	heap->end = end;
}

/* Does nothing: an attempt need not look at the heap before. */
static inline struct lrsc_seen lrsc_begin(struct lrsc_heap *heap, struct lrsc_node *node)
{
	(void)heap;
	(void)node;
	return (struct lrsc_seen){};
}

/* Allocate. Returns true: *block is the block, or NULL when `size` bytes at a multiple of
 * `align` do not fit. The caller guarantees: align is a power of two. */
static inline bool lrsc_try(struct lrsc_heap *heap, struct lrsc_seen *seen, size_t size,
			    size_t align, void **block)
{
	uintptr_t behind;

	(void)seen;
	*block = (void *)0;
	/* relaxed: see the preamble. */
	if (aptr_bump_relaxed(&heap->next, heap->end, size, align - 1, &behind))
		*block = (void *)(behind - size);
	return true;
}

/* Allocate `size` bytes at a multiple of `align`. Returns NULL when they do not fit. Any
 * number of harts may call it at once. The caller guarantees: align is a power of two. */
static inline void *lrsc_alloc(struct lrsc_heap *heap, size_t size, size_t align)
{
	struct lrsc_seen seen = lrsc_begin(heap, (struct lrsc_node *)0);
	void *block;

	(void)lrsc_try(heap, &seen, size, align, &block);
	return block;
}

/* Does nothing: memory comes back all at once, by lrsc_reset(). */
static inline void lrsc_free(struct lrsc_heap *heap, void *block)
{
	(void)heap;
	(void)block;
}

/* Take every block back. The caller guarantees that none is in use and that
 * no other call is under way. */
static inline void lrsc_reset(struct lrsc_heap *heap)
{
	/* relaxed: see the guarantee. */
	aptr_store_relaxed(&heap->next, heap->start);
}

/* Returns the bytes from `start` to `next`: blocks and the padding before them. */
static inline size_t lrsc_used(struct lrsc_heap *heap)
{
	return aptr_load_relaxed(&heap->next) - heap->start;
}

#endif
