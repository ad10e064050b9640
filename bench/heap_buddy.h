/* heap_buddy.h: the buddy allocator as section_freeing.h uses it. */
#ifndef BENCH_HEAP_H
#define BENCH_HEAP_H

#include "../alloc/buddy.h"

#define HEAP         struct buddy
#define store_init   buddy_init
#define store_alloc  buddy_alloc
#define store_return buddy_free
#define store_used   buddy_used
#define store_left   buddy_left

/* Returns the bytes of all frames. */
static inline size_t store_whole(const struct buddy *buddy)
{
	return (size_t)buddy->frames * BUDDY_FRAME;
}

#include "heap_shared.h" /* it uses what stands above */

#endif
