/* section_freeing.h: one operation of an allocator that takes blocks back, under a lock, for
 * worker.c, which is compiled with VARIANT_HEADER='"variant_full.h"' and
 *
 *   -DFREEING=cached_pool                 the word of plan key `allocator`: underscores, no hyphens
 *   -DFREEING_NAME='"cached-pool"'        that word for people
 *   -DHEAP_HEADER='"heap_cached_pool.h"'  the allocator
 *
 * An operation allocates a block or frees one, as stock.h chooses, each in a section of its own. A
 * heap that has a store for each hart serves some of them without the lock. */
#ifndef BENCH_SECTION_H
#define BENCH_SECTION_H

#include HEAP_HEADER
#include "freeing.h" /* it uses what that defines */

static void heap_init(HEAP *heap, uintptr_t start, uintptr_t end);

#include "lock_and_heap.h"

static void heap_init(HEAP *heap, uintptr_t start, uintptr_t end)
{
	enum { SPAN = 4096 };

	/* A control without a lock may follow a link before it is written: it must find none. */
	for (uintptr_t at = (start + SPAN - 1) & -(uintptr_t)SPAN; at < end; at += SPAN)
		*(void **)at = NULL;
	store_init(heap, start, end);
	stocks_clear();
}

/* Does the operation of a hart that the lock has to serve. */
static inline __attribute__((always_inline)) void *shared_section(const struct workload *work,
								  struct own *mine,
								  struct stock *stock,
								  struct marks *marks,
								  struct grant *grant)
{
	bool waited = ACQUIRE(THE_LOCK, &mine->node);
	void *block;

	if (marks)
		marks->owner = port_cycles();
	if (grant)
		fairness_own(grant, THE_GRANTS);
	hook_inside(work, &mine->hooks, true);
	block = store_operate(THE_HEAP, stock, hook_size(work, &mine->hooks), work->align);
	hook_touch(work, &mine->hooks);
	delay(hook_hold(work, &mine->hooks));
	hook_inside(work, &mine->hooks, false);
	if (grant)
		fairness_release(grant);
	RELEASE(THE_LOCK, &mine->node);
	if (marks)
		marks->waited = waited;
	mine->hooks.me->visits++;
	return block;
}

/* Notes that the hart's own store served the operation: it waited for nobody, and has no grant. */
static inline void served(struct marks *marks, struct grant *grant)
{
	if (marks) {
		marks->owner = port_cycles();
		marks->waited = false;
	}
	if (grant)
		grant->order = 0;
}

/* Do an operation. Returns its block, whether allocated or freed; NULL: there is no room. marks is
 * a constant NULL in the passes that read no clock, grant in all but the fairness pass. */
static inline __attribute__((always_inline)) void *section(const struct workload *work,
							   struct own *mine, struct marks *marks,
							   struct grant *grant)
{
	struct stock *stock = &stocks[mine->hooks.me->index];
	unsigned long mask;
	void *block;

	hook_ready(work, &mine->hooks);
	stock_choose(stock, work, &mine->hooks.random);
	if (grant)
		fairness_ask(grant);
	if (marks)
		marks->call = port_cycles();
	mask = hook_mask(work);
	if (store_serve(stock, &block))
		served(marks, grant);
	else
		block = shared_section(work, mine, stock, marks, grant);
	hook_unmask(work, mask);
	if (marks) {
		marks->done = port_cycles();
		marks->failed = 0;
	}
	if (block != NULL && stock->leaving == NULL) {
		stock_put(stock, block, hook_size(work, &mine->hooks));
		hook_done(work, &mine->hooks, block);
	}
	return block;
}

#endif
