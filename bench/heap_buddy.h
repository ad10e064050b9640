/* heap_buddy.h: the buddy allocator as section_freeing.h uses it. Every operation goes to the
 * shared heap. */
#ifndef BENCH_HEAP_H
#define BENCH_HEAP_H

#include "../alloc/buddy.h"
#include "stock.h"

#define HEAP         struct buddy
#define store_init   buddy_init
#define store_return buddy_free
#define store_used   buddy_used
#define store_left   buddy_left

/* Returns the bytes of all frames. */
static inline size_t store_whole(const struct buddy *buddy)
{
	return (size_t)buddy->frames * BUDDY_FRAME;
}

/* Takes back what harts have in store: nothing. */
static inline void store_settle(struct buddy *buddy)
{
	(void)buddy;
}

/* Does the operation without the lock, if that can be. Returns whether it is done. */
static inline bool store_serve(struct stock *stock, void **block)
{
	(void)stock;
	(void)block;
	return false;
}

/* Does the operation. The caller owns the lock. Returns its block; NULL: there is no room. */
static inline void *store_operate(struct buddy *buddy, struct stock *stock, size_t size,
				  size_t align)
{
	if (stock->leaving == NULL)
		return buddy_alloc(buddy, size, align);
	buddy_free(buddy, stock->leaving);
	return stock->leaving;
}

#endif
