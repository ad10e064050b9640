/* heap_treiber.h: the stack of frames as section_stack.h uses it. */
#ifndef BENCH_HEAP_H
#define BENCH_HEAP_H

#include "../alloc/treiber.h"

#define HEAP         struct treiber_heap
#define store_return treiber_free
#define store_used   treiber_used
#define store_left   treiber_left

/* Returns the bytes of all frames. */
static inline size_t store_whole(const struct treiber_heap *heap)
{
	return heap->frames * TREIBER_FRAME;
}

/* Takes back what harts have in store: nothing. */
static inline void store_settle(struct treiber_heap *heap)
{
	(void)heap;
}

#endif
