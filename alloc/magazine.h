/* magazine: no lock, each hart takes a batch by fetch-and-add and bumps through it alone.
 *
 * Fairness     a hart meets others only when its batch is used up, and then each
 *              is served by its own instruction.
 * Waiters spin nowhere while there is room, as in faa.h.
 * Space        8 bytes (`next`) and its bounds, a line each; 32 bytes a hart, and
 *              at any time less than a batch of memory in each hart's store.
 * Bound        as in faa.h.
 * Relies on    the same as faa.h.
 * Source       J. Bonwick and J. Adams, "Magazines and Vmem: Extending the Slab
 *              Allocator to Many CPUs and Arbitrary Resources", USENIX 2001; for a
 *              bump allocator a magazine is two addresses.
 *
 * A request takes `size` rounded up to `align`. A request larger than the batch is
 * taken from the heap directly, and so is every request when no whole batch is left.
 * When a request does not fit in the rest of a batch, that rest is lost, unless the
 * next batch happens to lie right behind it.
 *
 * Orders: as in cas.h, nothing is published through `next`; all are relaxed.
 */
#ifndef ALLOC_MAGAZINE_H
#define ALLOC_MAGAZINE_H

#include "faa.h"

struct magazine_heap {
	struct faa_heap from;
};

/* One hart's batch. */
struct magazine_node {
	uintptr_t next, end; /* the free part of the batch; equal when it is used up */
	size_t batch;        /* bytes that the hart takes at a time */
	size_t lost;         /* bytes of batches that no request fitted in */
};

struct magazine_seen {
	struct magazine_node *node;
	struct faa_seen from;
	bool whole; /* a batch did not fit any more, so just the block is taken */
};

/* Set the heap up over [start, end). The caller guarantees start <= end, that the memory is
 * nobody else's, publishes the heap to the other harts, and lets every node join again. */
static inline void magazine_init(struct magazine_heap *heap, uintptr_t start, uintptr_t end)
{
	faa_init(&heap->from, start, end);
}

/* Let the hart take `batch` bytes at a time from now on; 0: each block by itself. */
static inline void magazine_join(struct magazine_node *node, size_t batch)
{
	*node = (struct magazine_node){.batch = batch};
}

static inline struct magazine_seen magazine_begin(struct magazine_heap *heap,
						  struct magazine_node *node)
{
	return (struct magazine_seen){node, faa_begin(&heap->from, (struct faa_node *)0), false};
}

/* Take a block from the hart's own batch. Returns false when it does not fit. */
static inline bool magazine_take(struct magazine_node *node, size_t amount, size_t align,
				 void **block)
{
	struct bump_place p;

	if (!bump_place(&p, node->next, node->end, amount, align))
		return false;
	node->lost += p.block - node->next;
	node->next = p.next;
	*block = (void *)p.block;
	return true;
}

/* Make [start, start + bytes), just taken from the heap, the hart's batch. */
static inline void magazine_load(struct magazine_node *node, uintptr_t start, size_t bytes)
{
	if (start != node->end) {
		node->lost += node->end - node->next;
		node->next = start;
	}
	node->end = start + bytes;
}

/* Attempt once. Returns true when the matter is settled: *block is then the block, or NULL
 * when `size` bytes at a multiple of `align` do not fit. Returns false when the caller has
 * to attempt again with the same `seen`. The caller guarantees: align is a power of two. */
static inline bool magazine_try(struct magazine_heap *heap, struct magazine_seen *seen, size_t size,
				size_t align, void **block)
{
	struct magazine_node *node = seen->node;
	size_t amount = (size + align - 1) & -align, batch = 0;

	/* An amount that wrapped is smaller than the size: faa_try() refuses it. */
	if (amount < size) {
		seen->whole = true;
	} else {
		if (magazine_take(node, amount, align, block))
			return true;
		batch = (node->batch + align - 1) & -align;
		if (amount > batch)
			seen->whole = true;
	}
	if (!faa_try(&heap->from, &seen->from, seen->whole ? size : batch, align, block))
		return false;
	if (seen->whole)
		return true;
	if (*block == NULL) {
		seen->whole = true;
		return false;
	}
	magazine_load(node, (uintptr_t)*block, batch);
	return magazine_take(node, amount, align, block);
}

/* Allocate `size` bytes at a multiple of `align`. Returns NULL when they do not fit. Any
 * number of harts may call it at once, each with its node. The caller guarantees: align
 * is a power of two. */
static inline void *magazine_alloc(struct magazine_heap *heap, struct magazine_node *node,
				   size_t size, size_t align)
{
	struct magazine_seen seen = magazine_begin(heap, node);
	void *block;

	while (!magazine_try(heap, &seen, size, align, &block))
		;
	return block;
}

/* Does nothing: memory comes back all at once, by magazine_reset(). */
static inline void magazine_free(struct magazine_heap *heap, void *block)
{
	(void)heap;
	(void)block;
}

/* Take every block back. The caller guarantees that none is in use and that no
 * other call is under way; every node joins again. */
static inline void magazine_reset(struct magazine_heap *heap)
{
	faa_reset(&heap->from);
}

/* Returns the bytes from `start` to `next`: blocks, padding, and what harts have in store or
 * have lost. The caller guarantees that no other call is under way. */
static inline size_t magazine_used(struct magazine_heap *heap)
{
	return faa_used(&heap->from);
}

/* Returns the bytes of those that this hart has in store or has lost. */
static inline size_t magazine_waste(const struct magazine_node *node)
{
	return node->lost + (node->end - node->next);
}

#endif
