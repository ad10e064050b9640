/* section_stack.h: one operation of an allocator of frames that needs no lock, for worker.c, which
 * is compiled with VARIANT_HEADER='"variant_full.h"', -DPLACE_LINE=8 and
 *
 *   -DFREEING=pool -DFREEING_NAME='"pool"'  the word of plan key `allocator` that it goes with
 *   -DHEAP_HEADER='"heap_treiber.h"'        the allocator
 *
 * An operation allocates a frame or frees one, as stock.h chooses. `hold`, and lines to touch,
 * stand inside the attempt, as in section_lockfree.h, and the whole call is the wait. */
#ifndef BENCH_SECTION_H
#define BENCH_SECTION_H

#include HEAP_HEADER
#include "freeing.h" /* it uses what that defines */
#include "lockfree_heap.h"

/* Frames go out in no order that addresses tell. */
static const enum grant_order section_order = ORDER_UNKNOWN;

static void init(const struct workload *work, uintptr_t start, uintptr_t end)
{
	lay_out(work);
	NAME(init)(THE_HEAP, start, end);
	stocks_clear();
}

static size_t used(void)
{
	return heap_used(THE_HEAP);
}

/* Attempts the operation once. Returns true when it is done: *block is then its frame, whether
 * allocated or freed; NULL: there is none. */
static inline bool attempt(struct stock *stock, struct NAME(seen) seen, void **block)
{
	if (stock->leaving == NULL)
		return NAME(try_alloc)(THE_HEAP, seen, block);
	*block = stock->leaving;
	return NAME(try_free)(THE_HEAP, seen, stock->leaving);
}

/* Attempts the operation until it is done. Returns the attempts that lost a race. */
static inline __attribute__((always_inline)) uint64_t attempts(const struct workload *work,
							       struct own *mine,
							       struct stock *stock, void **block)
{
	for (uint64_t failed = 0;; failed++) {
		struct NAME(seen) seen = NAME(begin)(THE_HEAP);

		hook_touch(work, &mine->hooks);
		delay(hook_hold(work, &mine->hooks));
		if (attempt(stock, seen, block))
			return failed;
	}
}

/* Do an operation. Returns its frame, whether allocated or freed; NULL: there is none. marks is a
 * constant NULL in the passes that read no clock, grant in all but the fairness pass. */
static inline __attribute__((always_inline)) void *section(const struct workload *work,
							   struct own *mine, struct marks *marks,
							   struct grant *grant)
{
	struct stock *stock = &stocks[mine->hooks.me->index];
	unsigned long mask;
	uint64_t failed;
	void *block;

	hook_ready(work, &mine->hooks);
	stock_choose(stock, work, &mine->hooks.random);
	if (grant)
		fairness_ask(grant);
	if (marks)
		marks->call = port_cycles();
	mask = hook_mask(work);
	hook_inside(work, &mine->hooks, true);
	failed = attempts(work, mine, stock, &block);
	hook_inside(work, &mine->hooks, false);
	hook_unmask(work, mask);
	if (marks) {
		marks->done = port_cycles();
		marks->waited = failed != 0;
		marks->failed = failed;
	}
	if (grant)
		fairness_got(grant, block);
	mine->hooks.me->visits++;
	if (block != NULL && stock->leaving == NULL) {
		stock_put(stock, block, hook_size(work, &mine->hooks));
		hook_done(work, &mine->hooks, block);
	}
	return block;
}

#endif
