/* heap_cached_pool.h: the pool behind a store of frames for each hart, as section_freeing.h uses
 * it. An operation goes to the shared heap when the hart's own store is empty, or full. */
#ifndef BENCH_HEAP_H
#define BENCH_HEAP_H

#include "../alloc/pool_cache.h"
#include "heap_frames.h"
#include "stock.h"

/* Takes back what harts have in store. */
static inline void store_settle(struct pool *pool)
{
	for (unsigned i = 0; i < PORT_MAX_HARTS; i++)
		pool_cache_empty(pool, &stocks[i].cache);
}

/* Does the operation without the lock, if that can be. Returns whether it is done. */
static inline bool store_serve(struct stock *stock, void **block)
{
	if (stock->leaving == NULL)
		return (*block = frame_cache_take(&stock->cache)) != NULL;
	*block = stock->leaving;
	return frame_cache_put(&stock->cache, stock->leaving);
}

/* Does the operation, which the hart's store cannot serve. The caller owns the lock. Returns its
 * block; NULL: there is no room. */
static inline void *store_operate(struct pool *pool, struct stock *stock, size_t size, size_t align)
{
	(void)size;
	(void)align;
	if (stock->leaving == NULL) {
		(void)pool_cache_fill(pool, &stock->cache);
		return frame_cache_take(&stock->cache);
	}
	pool_cache_spill(pool, &stock->cache);
	(void)frame_cache_put(&stock->cache, stock->leaving);
	return stock->leaving;
}

#endif
