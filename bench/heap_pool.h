/* heap_pool.h: the pool as section_freeing.h uses it. Every operation goes to the shared heap. */
#ifndef BENCH_HEAP_H
#define BENCH_HEAP_H

#include "../alloc/pool.h"
#include "stock.h"

#define HEAP         struct pool
#define store_init   pool_init
#define store_return pool_free
#define store_used   pool_used
#define store_left   pool_left

/* Returns the bytes of all frames. */
static inline size_t store_whole(const struct pool *pool)
{
	return pool->end - pool->start;
}

/* Takes back what harts have in store: nothing. */
static inline void store_settle(struct pool *pool)
{
	(void)pool;
}

/* Does the operation without the lock, if that can be. Returns whether it is done. */
static inline bool store_serve(struct stock *stock, void **block)
{
	(void)stock;
	(void)block;
	return false;
}

/* Does the operation. The caller owns the lock. Returns its block; NULL: there is no room. */
static inline void *store_operate(struct pool *pool, struct stock *stock, size_t size, size_t align)
{
	if (stock->leaving == NULL)
		return pool_alloc(pool, size, align);
	pool_free(pool, stock->leaving);
	return stock->leaving;
}

#endif
