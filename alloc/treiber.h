/* treiber: no lock, page frames on a stack whose head counts, taken and given by compare-and-swap.
 *
 * Fairness     none: some hart always gets on, a given one may not.
 * Waiters spin on the head itself: a lost race costs one more line transfer.
 * Space        8 bytes (the head) and the bounds, a line each; 4 bytes for each frame, at
 *              the end of the memory given; 0 bytes a waiter.
 * Bound        any number of harts; 2^32 - 2 frames. The count is of 32 bits: a hart that stands
 *              between its look and its compare-and-swap while others give exactly a multiple of
 *              2^32 frames back may be wrong (ABA).
 * Relies on    the eventual success of SC, as cas.h does; 64-bit words.
 * Source       R. K. Treiber, "Systems Programming: Coping with Parallelism", IBM RJ 5118,
 *              1986, whose stack has such a count.
 *
 * The links are in a table beside the frames: a hart may read the link of a frame that another
 * one has taken meanwhile, and must not find its data there. The count says that the head is the
 * one that was looked at: without it a frame that was taken, and given back while the one below it
 * was taken, looks like one that never left, and its old link would be the new head.
 */
#ifndef ALLOC_TREIBER_H
#define ALLOC_TREIBER_H

#include "../lock/atomic.h"
#include "place.h"

/* Bytes of a frame: a power of two. */
#ifndef TREIBER_FRAME
#define TREIBER_FRAME 4096
#endif

struct treiber_heap {
	/* low half: the first free frame's number, from 1 on; 0: none. High half: frames given back
	 */
	_Alignas(PLACE_LINE) aptr head;
	/* only read from here on */
	_Alignas(
		PLACE_LINE) a32 *link; /* for each frame: the number of the one below it; 0: none */
	uintptr_t start;               /* frame 1 */
	size_t frames;
};

/* The head that an attempt is based on. */
struct treiber_seen {
	uintptr_t head;
};

ALLOC_KEEPS_NOTHING(treiber)

/* Returns the frame of a number, and the number of a frame. */
static inline void *treiber_frame(const struct treiber_heap *heap, uint32_t number)
{
	return (void *)(heap->start + (uintptr_t)(number - 1) * TREIBER_FRAME);
}

static inline uint32_t treiber_number(const struct treiber_heap *heap, const void *frame)
{
	return (uint32_t)(((uintptr_t)frame - heap->start) / TREIBER_FRAME + 1);
}

/* Make a stack of all frames. The caller guarantees that no other call is under way, and publishes
 * the heap to the other harts. */
static inline void treiber_reset(struct treiber_heap *heap)
{
	/* relaxed: the caller publishes. */
	for (size_t i = 0; i < heap->frames; i++)
		a32_store_relaxed(&heap->link[i], i + 1 < heap->frames ? (a32_value)(i + 2) : 0);
	aptr_store_relaxed(&heap->head, heap->frames != 0);
}

/* Set the heap up over [start, end). The caller guarantees 0 < start <= end <= SIZE_MAX -
 * TREIBER_FRAME, that the memory is nobody else's, and publishes the heap to the other harts. */
static inline void treiber_init(struct treiber_heap *heap, uintptr_t start, uintptr_t end)
{
	uintptr_t first = (start + TREIBER_FRAME - 1) & -(uintptr_t)TREIBER_FRAME;
	size_t room = end > first ? end - first : 0;
	size_t spare = room < 4 ? room : 4; /* to align the table */

	heap->start = first;
	heap->frames = (room - spare) / (TREIBER_FRAME + sizeof(a32));
	heap->link = (a32 *)(first + heap->frames * TREIBER_FRAME);
	treiber_reset(heap);
}

/* Look at the heap, before each attempt. */
static inline struct treiber_seen treiber_begin(struct treiber_heap *heap)
{
	/* acquire (S): pairs with the release in treiber_try_free(); the link and what was written
	 * into the frame before it was given back are visible from here. A frame that was
	 * taken in between changes nothing: its compare-and-swap continues the release. */
	return (struct treiber_seen){aptr_load_acquire(&heap->head)};
}

/* Attempt once to take a frame. Returns true when the matter is settled: *block is then the frame,
 * or NULL: there is none. Returns false when another hart was faster: begin again. */
static inline bool treiber_try_alloc(struct treiber_heap *heap, struct treiber_seen seen,
				     void **block)
{
	uint32_t number = (uint32_t)seen.head, below;

	*block = NULL;
	if (number == 0)
		return true;
	/* relaxed: (S) has it; if another hart took the frame since, the head has changed. */
	below = a32_load_relaxed(&heap->link[number - 1]);
	*block = treiber_frame(heap, number);
	/* relaxed: the taker publishes nothing. */
	return aptr_cas_relaxed(&heap->head, &seen.head,
				(seen.head & ~(uintptr_t)UINT32_MAX) | below);
}

/* Attempt once to give a frame back. Returns false when another hart was faster: begin again.
 * The caller guarantees: this heap gave the frame to it, or to who gave it on. */
static inline bool treiber_try_free(struct treiber_heap *heap, struct treiber_seen seen,
				    void *block)
{
	uint32_t number = treiber_number(heap, block);
	uintptr_t count = (seen.head >> 32) + 1;

	/* relaxed: (S) publishes it. */
	a32_store_relaxed(&heap->link[number - 1], (a32_value)(uint32_t)seen.head);
	/* release (S): pairs with the acquire in treiber_begin(). */
	return aptr_cas_release(&heap->head, seen.head, count << 32 | number);
}

/* Allocate a frame for `size` bytes at a multiple of `align`. Returns NULL when a frame is too
 * small for that, or when none is free; the heap stays usable. Any number of harts may call
 * it at once. The caller guarantees: align is a power of two. */
static inline void *treiber_alloc(struct treiber_heap *heap, size_t size, size_t align)
{
	void *block;

	if (size > TREIBER_FRAME || align > TREIBER_FRAME)
		return NULL;
	while (!treiber_try_alloc(heap, treiber_begin(heap), &block))
		;
	return block;
}

/* Give a frame back. Any number of harts may call it at once. The caller guarantees:
 * treiber_alloc() of this heap returned it, and it has not been freed since. */
static inline void treiber_free(struct treiber_heap *heap, void *block)
{
	while (!treiber_try_free(heap, treiber_begin(heap), block))
		;
}

/* Returns the bytes of the frames that are free, as a walk along the stack counts them; one that
 * leads back into itself counts as one frame more than there are. The caller guarantees that no
 * other call is under way, here and below. */
static inline size_t treiber_left(const struct treiber_heap *heap)
{
	size_t left = 0;

	/* relaxed, both: see the guarantee. */
	for (uint32_t n = (uint32_t)aptr_load_relaxed(&heap->head); n != 0 && left <= heap->frames;
	     n = a32_load_relaxed(&heap->link[n - 1]))
		left++;
	return left * TREIBER_FRAME;
}

/* Returns the bytes of the frames that are handed out, or lost. */
static inline size_t treiber_used(const struct treiber_heap *heap)
{
	size_t whole = heap->frames * TREIBER_FRAME, left = treiber_left(heap);

	return left < whole ? whole - left : 0;
}

#endif
