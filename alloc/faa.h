/* faa: no lock, one fetch-and-add on the allocator's `next`, which returns the block.
 *
 * Fairness     every call is served by its own instruction, in the order in
 *              which the adds reach `next`.
 * Waiters spin nowhere while there is room: wait-free. Near the end of the
 *              memory they retry as `cas` does (see below).
 * Space        8 bytes (`next`) and its bounds, a line each; 0 bytes a waiter.
 * Bound        any number of harts n with end + n * 2^48 below 2^64.
 * Relies on    forward progress of the AMO add (amoadd.d). In a careful attempt, and where
 *              an add is taken back, on the eventual success of SC: the
 *              compare-and-swap is a constrained LR/SC loop, as in cas.h.
 * Source       A. Gottlieb, B. D. Lubachevsky and L. Rudolph, "Basic Techniques
 *              for the Efficient Coordination of Very Large Numbers of
 *              Cooperating Sequential Processors", ACM TOPLAS 5(2), 1983.
 *
 * An add takes `size` rounded up to `align`, so that a `next` that is a multiple
 * of `align` stays one. The add is made before anyone knows whether it was right. It
 * was not in two cases:
 *
 * - It passed `end`. Exactly one call finds `next` at or before `end` and
 *   leaves it behind `end`: that call owns the rest of the memory, and puts `next`
 *   back by a plain store. Until then every other call finds `next` behind `end`,
 *   takes nothing, and attempts again, carefully; its own add is undone by the same
 *   store. So nothing is handed out while `next` is too large, a hart has at
 *   most one such add outstanding, and `next` cannot wrap. Between its add and
 *   its store that call is like the holder of a lock: a hart must not allocate
 *   from an interrupt that came in between.
 * - `next` was not a multiple of `align`. If no other add came after it, the add is
 *   taken back; otherwise its bytes are padding, and counted as used.
 *
 * A careful attempt first looks whether the request fits, and takes the bytes by
 * compare-and-swap, again and again until it wins. Its retry looks at `next` only.
 *
 * Orders: as in cas.h, nothing is published through `next`; all are relaxed.
 */
#ifndef ALLOC_FAA_H
#define ALLOC_FAA_H

#include "../lock/atomic.h"
#include "place.h"

enum { FAA_ADD_BITS = 48 }; /* larger requests are made carefully only */

struct faa_heap {
	/* first free address; behind `end` while one call undoes its add */
	_Alignas(PLACE_LINE) aptr next;
	/* `start` and `end` are only read, and so stay in every hart's cache; beside
	 * `next` they would have to be fetched back after the add */
	_Alignas(PLACE_LINE) uintptr_t start; /* first address of the memory given */
	uintptr_t end;                        /* first address behind it */
};

/* The way of the next attempt: a careful one looks before it takes. */
struct faa_seen {
	bool careful;
};

ALLOC_KEEPS_NOTHING(faa)

/* Set the heap up over [start, end). The caller guarantees start <= end, that the
 * memory is nobody else's, and publishes the heap to the other harts. */
static inline void faa_init(struct faa_heap *heap, uintptr_t start, uintptr_t end)
{
	/* relaxed: see the preamble; the caller publishes. */
	aptr_store_relaxed(&heap->next, start);
	heap->start = start;
	heap->end = end;
}

/* Start the attempts: the first one need not look at the heap. */
static inline struct faa_seen faa_begin(struct faa_heap *heap, struct faa_node *node)
{
	(void)node;
	(void)heap;
	return (struct faa_seen){false};
}

/* Attempt without ever taking more than there is, until it is settled. Returns as faa_try()
 * does. */
static inline bool faa_try_careful(struct faa_heap *heap, size_t size, size_t align, void **block)
{
	/* relaxed: the value is a guess that the compare-and-swap checks. */
	uintptr_t next = aptr_load_relaxed(&heap->next), end = heap->end;
	uintptr_t amount = (size + align - 1) & -align;
	struct bump_place p;

	do {
		if (next > end)
			return false; /* another call is about to put `next` back */
		*block = (void *)0;
		if (!bump_place(&p, next, end, size, align))
			return true;
		*block = (void *)p.block;
		p.next = amount <= end - p.block ? p.block + amount : end;
		/* relaxed: see the preamble. */
	} while (!aptr_cas_relaxed(&heap->next, &next, p.next));
	return true;
}

/* Undo an add of `amount` that found `next` at `old` and was not right. */
static inline void faa_undo(struct faa_heap *heap, uintptr_t old, uintptr_t amount)
{
	uintptr_t mine = old + amount;

	if (old > heap->end)
		return; /* the call that passed the end undoes this add, too */
	/* relaxed: see the preamble. */
	if (amount > heap->end - old)
		aptr_store_relaxed(&heap->next, old);
	else
		(void)aptr_cas_relaxed(&heap->next, &mine, old);
}

/* Attempt once. Returns true when the matter is settled: *block is then the block, or NULL
 * when `size` bytes at a multiple of `align` do not fit. Returns false when the caller has
 * to attempt again with the same `seen`. The caller guarantees: align is a power of two. */
static inline bool faa_try(struct faa_heap *heap, struct faa_seen *seen, size_t size, size_t align,
			   void **block)
{
	uintptr_t amount = (size + align - 1) & -align, old;

	if (seen->careful || (size | align) >> FAA_ADD_BITS != 0)
		return faa_try_careful(heap, size, align, block);
	/* relaxed: see the preamble. */
	old = aptr_fetch_add_relaxed(&heap->next, amount);
	*block = (void *)old;
	if (old <= heap->end && amount <= heap->end - old && (old & (align - 1)) == 0)
		return true;
	faa_undo(heap, old, amount);
	seen->careful = true;
	return false;
}

/* Allocate `size` bytes at a multiple of `align`. Returns NULL when they do not fit. Any
 * number of harts may call it at once. The caller guarantees: align is a power of two. */
static inline void *faa_alloc(struct faa_heap *heap, size_t size, size_t align)
{
	struct faa_seen seen = faa_begin(heap, (struct faa_node *)0);
	void *block;

	while (!faa_try(heap, &seen, size, align, &block))
		;
	return block;
}

/* Does nothing: memory comes back all at once, by faa_reset(). */
static inline void faa_free(struct faa_heap *heap, void *block)
{
	(void)heap;
	(void)block;
}

/* Take every block back. The caller guarantees that none is in use and that
 * no other call is under way. */
static inline void faa_reset(struct faa_heap *heap)
{
	/* relaxed: see the guarantee. */
	aptr_store_relaxed(&heap->next, heap->start);
}

/* Returns the bytes from `start` to `next`: blocks and the padding before them. The caller
 * guarantees that no other call is under way. */
static inline size_t faa_used(struct faa_heap *heap)
{
	return aptr_load_relaxed(&heap->next) - heap->start;
}

#endif
