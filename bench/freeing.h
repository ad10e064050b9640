/* freeing.h: the ends of an operation of an allocator that takes blocks back, under a lock
 * (section_freeing.h) or without one (section_stack.h): what the audit notes of it, and what must
 * have come back in the end. Who includes it has defined HEAP, store_return and so on. */
#ifndef BENCH_FREEING_H
#define BENCH_FREEING_H

#include "stock.h"

#define MARK freeing_mark

static void take_back(void *heap, void *block)
{
	store_return(heap, block);
}

/* Takes everything back. Returns the bytes that did not come: blocks that are still counted as
 * handed out, and free memory that is on no list, or on a list twice. */
static size_t heap_used(HEAP *heap)
{
	size_t left, whole = store_whole(heap), out;

	stocks_settle(heap, take_back);
	store_settle(heap);
	left = store_left(heap);
	out = store_used(heap);
	if (out > whole)
		return whole; /* the count went below 0 */
	return out + (left > whole - out ? left - (whole - out) : whole - out - left);
}

/* Notes for the audit what the operation gave or took. */
static void freeing_mark(struct hart_stats *me, void *block, size_t size, size_t align)
{
	struct stock *s = &stocks[me->index];

	s->audited = me;
	if (s->leaving == NULL)
		audit_mark(me, block, size, align);
}

#endif
