/* heap_shared.h: an allocator as section_freeing.h uses it, if every operation goes to the shared
 * heap. Who includes it has defined HEAP, store_alloc and store_return. */
#ifndef BENCH_HEAP_SHARED_H
#define BENCH_HEAP_SHARED_H

#include "stock.h"

/* Takes back what harts have in store: nothing. */
static inline void store_settle(HEAP *heap)
{
	(void)heap;
}

/* Does the operation without the lock, if that can be. Returns whether it is done. */
static inline bool store_serve(struct stock *stock, void **block)
{
	(void)stock;
	(void)block;
	return false;
}

/* Does the operation. The caller owns the lock. Returns its block; NULL: there is no room. */
static inline void *store_operate(HEAP *heap, struct stock *stock, size_t size, size_t align)
{
	if (stock->leaving == NULL)
		return store_alloc(heap, size, align);
	store_return(heap, stock->leaving);
	return stock->leaving;
}

#endif
