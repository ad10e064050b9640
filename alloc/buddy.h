/* buddy: blocks of 1 to 1024 page frames, halved to allocate and joined when they come back.
 *
 * A block of order k is 2^k frames from a multiple of its size on. A free one stands in its
 * order's list. To allocate takes a block of the least order that there is, and halves it
 * down; to free joins the block with its other half, its buddy, as long as that is free, too.
 * Lists and orders are in a table beside the frames, so that free memory is never touched.
 * Nothing here is atomic: with more than one hart every call must be made under one lock.
 *
 * Space        72 bytes, and 12 for each frame, at the end of the memory given.
 * Bound        blocks of at most BUDDY_FRAME << 10 bytes, in 2^32 - 2 frames; at most 10
 *              halvings, or joinings, in a call.
 * Relies on    nothing.
 * Source       K. C. Knowlton, "A Fast Storage Allocator", CACM 8(10), 1965; D. E. Knuth, The
 *              Art of Computer Programming 1, section 2.5. Linux, Xen and Xvisor have its like.
 *
 * Compile with -DALLOC_DEBUG and a block that is freed twice, or that is none of these
 * blocks, is told to ALLOC_FAULT() (debug.h).
 */
#ifndef ALLOC_BUDDY_H
#define ALLOC_BUDDY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "debug.h"

/* Bytes of a frame: a power of two. */
#ifndef BUDDY_FRAME
#define BUDDY_FRAME 4096
#endif

enum { BUDDY_ORDERS = 11 };

#define BUDDY_NONE UINT32_MAX /* in the place of a frame's number: none */

/* The states of the first frame of a block; the order is added. All other frames are inside. */
enum { BUDDY_INSIDE, BUDDY_FREE = 0x10, BUDDY_OUT = 0x20 };

struct buddy_frame {
	uint32_t next, before; /* numbers of frames, in a list of free blocks */
	uint32_t what;
};

struct buddy {
	struct buddy_frame *frame; /* the table */
	uintptr_t start;           /* frame 0 */
	uint32_t frames;           /* the number of frames */
	uint32_t out;              /* the number of frames that are handed out */
	uint32_t list[BUDDY_ORDERS];
};

/* Put block `n` on its order's list. */
static inline void buddy_link(struct buddy *b, uint32_t n, unsigned order)
{
	uint32_t first = b->list[order];

	b->frame[n] = (struct buddy_frame){first, BUDDY_NONE, BUDDY_FREE + order};
	if (first != BUDDY_NONE)
		b->frame[first].before = n;
	b->list[order] = n;
}

/* Take block `n` off its order's list. */
static inline void buddy_unlink(struct buddy *b, uint32_t n, unsigned order)
{
	struct buddy_frame *f = &b->frame[n];

	if (f->before != BUDDY_NONE)
		b->frame[f->before].next = f->next;
	else
		b->list[order] = f->next;
	if (f->next != BUDDY_NONE)
		b->frame[f->next].before = f->before;
	f->what = BUDDY_INSIDE;
}

/* Returns the number that a block's buddy would have; it may be no frame's. Blocks lie at
 * multiples of their size of the address, not of the number. */
static inline uint32_t buddy_of(const struct buddy *b, uint32_t n, unsigned order)
{
	uintptr_t at = b->start / BUDDY_FRAME + n;

	return (uint32_t)((at ^ (uintptr_t)1 << order) - b->start / BUDDY_FRAME);
}

/* Link all frames in blocks as large as they can be. */
static inline void buddy_link_all(struct buddy *b)
{
	for (unsigned i = 0; i < BUDDY_ORDERS; i++)
		b->list[i] = BUDDY_NONE;
	for (uint32_t n = 0; n < b->frames;) {
		uintptr_t at = b->start / BUDDY_FRAME + n;
		unsigned order = 0;

		while (order + 1 < BUDDY_ORDERS && at % ((uintptr_t)2 << order) == 0 &&
		       (uint32_t)2 << order <= b->frames - n)
			order++;
		buddy_link(b, n, order);
		n += (uint32_t)1 << order;
	}
	b->out = 0;
}

/* Set the allocator up over [start, end). The caller guarantees 0 < start <= end <=
 * SIZE_MAX - BUDDY_FRAME, and that the memory is nobody else's. */
static inline void buddy_init(struct buddy *b, uintptr_t start, uintptr_t end)
{
	uintptr_t first = (start + BUDDY_FRAME - 1) & -(uintptr_t)BUDDY_FRAME;
	size_t room = end > first ? end - first : 0;
	size_t spare = room < 8 ? room : 8; /* to align the table */
	size_t frames = (room - spare) / (BUDDY_FRAME + sizeof(struct buddy_frame));

	b->start = first;
	b->frames = frames < BUDDY_NONE ? (uint32_t)frames : BUDDY_NONE - 1;
	b->frame = (struct buddy_frame *)(first + (uintptr_t)b->frames * BUDDY_FRAME);
	for (uint32_t n = 0; n < b->frames; n++)
		b->frame[n] = (struct buddy_frame){BUDDY_NONE, BUDDY_NONE, BUDDY_INSIDE};
	buddy_link_all(b);
}

/* Returns the least order of a block for `size` bytes at a multiple of `align`; BUDDY_ORDERS if
 * there is none. */
static inline unsigned buddy_order(size_t size, size_t align)
{
	size_t need = size > align ? size : align;
	unsigned order = 0;

	while (order < BUDDY_ORDERS && (size_t)BUDDY_FRAME << order < need)
		order++;
	return order;
}

/* Allocate `size` bytes at a multiple of `align`. Returns NULL when no block is large enough; a
 * smaller request may still fit then.
 * The caller guarantees: align is a power of two; no other call is under way (see above). */
static inline void *buddy_alloc(struct buddy *b, size_t size, size_t align)
{
	unsigned order = buddy_order(size, align), from = order;
	uint32_t n = BUDDY_NONE;

	while (from < BUDDY_ORDERS && (n = b->list[from]) == BUDDY_NONE)
		from++;
	if (n == BUDDY_NONE)
		return NULL;
	buddy_unlink(b, n, from);
	while (from > order) {
		from--;
		buddy_link(b, n + ((uint32_t)1 << from), from);
	}
	b->frame[n].what = BUDDY_OUT + order;
	b->out += (uint32_t)1 << order;
	return (void *)(b->start + (uintptr_t)n * BUDDY_FRAME);
}

/* Tell what is wrong with a block that is to be freed, in the debug build. */
static inline void buddy_check(const struct buddy *b, const void *block)
{
#ifdef ALLOC_DEBUG
	uintptr_t at = (uintptr_t)block - b->start, n = at / BUDDY_FRAME;

	if (n >= b->frames || at % BUDDY_FRAME != 0)
		ALLOC_FAULT("not a block of this allocator", block);
	else if ((b->frame[n].what & BUDDY_OUT) == 0)
		ALLOC_FAULT("a block is freed twice, or from its middle", block);
#else
	(void)b;
	(void)block;
#endif
}

/* Give a block back. The caller guarantees: buddy_alloc() of this allocator returned it, and it has
 * not been freed since; no other call is under way. */
static inline void buddy_free(struct buddy *b, void *block)
{
	uint32_t n = (uint32_t)(((uintptr_t)block - b->start) / BUDDY_FRAME);
	unsigned order;

	buddy_check(b, block);
	order = b->frame[n].what & 0xf;
	b->frame[n].what = BUDDY_INSIDE;
	b->out -= (uint32_t)1 << order;
	for (; order + 1 < BUDDY_ORDERS; order++) {
		uint32_t other = buddy_of(b, n, order);

		if (other >= b->frames || b->frame[other].what != BUDDY_FREE + order)
			break;
		buddy_unlink(b, other, order);
		n = other < n ? other : n;
	}
	buddy_link(b, n, order);
}

/* Take every block back. The caller guarantees that none is in use. */
static inline void buddy_reset(struct buddy *b)
{
	for (uint32_t n = 0; n < b->frames; n++)
		b->frame[n].what = BUDDY_INSIDE;
	buddy_link_all(b);
}

/* Returns the bytes of the blocks that are handed out, each rounded up to its order. */
static inline size_t buddy_used(const struct buddy *b)
{
	return (size_t)b->out * BUDDY_FRAME;
}

/* Returns the bytes of the free blocks, as a walk along the lists counts them: with buddy_used()
 * they are all that there are, if nothing is lost. A list that leads back into itself counts
 * as more than there are. */
static inline size_t buddy_left(const struct buddy *b)
{
	size_t left = 0;

	for (unsigned order = 0; order < BUDDY_ORDERS; order++)
		for (uint32_t n = b->list[order]; n != BUDDY_NONE && left <= b->frames;
		     n = b->frame[n].next)
			left += (size_t)1 << order;
	return left * BUDDY_FRAME;
}

#endif
