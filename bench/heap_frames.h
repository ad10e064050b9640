/* heap_frames.h: the names of alloc/pool.h for section_freeing.h, with a store for each hart or
 * without. */
#ifndef BENCH_HEAP_FRAMES_H
#define BENCH_HEAP_FRAMES_H

#include "../alloc/pool.h"

#define HEAP         struct pool
#define store_init   pool_init
#define store_alloc  pool_alloc
#define store_return pool_free
#define store_used   pool_used
#define store_left   pool_left

/* Returns the bytes of all frames. */
static inline size_t store_whole(const struct pool *pool)
{
	return pool->end - pool->start;
}

#endif
