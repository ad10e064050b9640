/* pool: page frames with a list of those that are free, over memory its caller gives.
 *
 * A frame that was never handed out comes from `fresh`, which moves from `start` to `end`;
 * one that came back is on the list, whose links lie in the free frames themselves. Nothing
 * here is atomic: with more than one hart every call must be made under one lock.
 *
 * Space        40 bytes, nothing for a frame; init writes no frame.
 * Bound        blocks of at most POOL_FRAME bytes, one a frame.
 * Relies on    frames that nobody writes while they are free.
 *
 * Compile with -DALLOC_DEBUG and a frame that is freed twice, or that is no frame of the
 * pool, is told to ALLOC_FAULT() (debug.h).
 */
#ifndef ALLOC_POOL_H
#define ALLOC_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "debug.h"

/* Bytes of a frame: a power of two, at least 16. */
#ifndef POOL_FRAME
#define POOL_FRAME 4096
#endif

/* The first words of a free frame. */
struct pool_frame {
	struct pool_frame *next; /* the next free one; NULL: none */
#ifdef ALLOC_DEBUG
	uintptr_t mark; /* pool_mark(): the frame is free */
#endif
};

struct pool {
	struct pool_frame *free; /* frames that came back, the last one first */
	uintptr_t fresh;         /* first frame that was never handed out */
	size_t out;              /* frames that are handed out */
	uintptr_t start;         /* first frame */
	uintptr_t end;           /* first address behind the last one */
};

/* Set the pool up over the whole frames of [start, end). The caller guarantees
 * 0 < start <= end <= SIZE_MAX - POOL_FRAME, and that the memory is nobody else's. */
static inline void pool_init(struct pool *pool, uintptr_t start, uintptr_t end)
{
	uintptr_t first = (start + POOL_FRAME - 1) & -(uintptr_t)POOL_FRAME;

	pool->free = NULL;
	pool->start = pool->fresh = first;
	pool->end = end > first ? end & -(uintptr_t)POOL_FRAME : first;
	pool->out = 0;
}

#ifdef ALLOC_DEBUG

/* Returns what stands in a free frame, and hardly in any other. */
static inline uintptr_t pool_mark(const struct pool_frame *frame)
{
	return (uintptr_t)frame ^ (uintptr_t)0x9e3779b97f4a7c15;
}

static inline void pool_debug_taken(struct pool_frame *frame)
{
	if (frame->mark != pool_mark(frame))
		ALLOC_FAULT("a free frame was written", frame);
	frame->mark = 0;
}

static inline void pool_debug_freed(const struct pool *pool, struct pool_frame *frame)
{
	uintptr_t at = (uintptr_t)frame;

	if (at < pool->start || at >= pool->fresh || at % POOL_FRAME != 0)
		ALLOC_FAULT("not a frame of this pool", frame);
	if (frame->mark == pool_mark(frame))
		ALLOC_FAULT("a frame is freed twice", frame);
	frame->mark = pool_mark(frame);
}

#else

static inline void pool_debug_taken(struct pool_frame *frame)
{
	(void)frame;
}

static inline void pool_debug_freed(const struct pool *pool, struct pool_frame *frame)
{
	(void)pool;
	(void)frame;
}

#endif

/* Allocate a frame for `size` bytes at a multiple of `align`. Returns NULL when a frame is too
 * small for that, or when none is free; the pool stays usable.
 * The caller guarantees: align is a power of two; no other call is under way (see above). */
static inline void *pool_alloc(struct pool *pool, size_t size, size_t align)
{
	struct pool_frame *frame = pool->free;

	if (size > POOL_FRAME || align > POOL_FRAME)
		return NULL;
	if (frame != NULL) {
		pool_debug_taken(frame);
		pool->free = frame->next;
	} else if (pool->fresh < pool->end) {
		frame = (struct pool_frame *)pool->fresh;
		pool->fresh += POOL_FRAME;
	} else {
		return NULL;
	}
	pool->out++;
	return frame;
}

/* Give a frame back. The caller guarantees: pool_alloc() of this pool returned it, and it has
 * not been freed since; no other call is under way. */
static inline void pool_free(struct pool *pool, void *block)
{
	struct pool_frame *frame = block;

	pool_debug_freed(pool, frame);
	frame->next = pool->free;
	pool->free = frame;
	pool->out--;
}

/* Take every frame back. The caller guarantees that none is in use. */
static inline void pool_reset(struct pool *pool)
{
	pool_init(pool, pool->start, pool->end);
}

/* Returns the bytes of the frames that are handed out. */
static inline size_t pool_used(const struct pool *pool)
{
	return pool->out * POOL_FRAME;
}

/* Returns the bytes of the frames that are free, as a walk along the list counts them: with
 * pool_used() they are all that there are, if nothing is lost. A list that leads back into
 * itself counts as one frame more than there are. */
static inline size_t pool_left(const struct pool *pool)
{
	size_t left = pool->end - pool->fresh, most = pool->end - pool->start;

	for (const struct pool_frame *f = pool->free; f != NULL && left <= most; f = f->next)
		left += POOL_FRAME;
	return left;
}

#endif
