/* section_lockfree.h: one allocation without a lock, for worker.c.
 *
 * `hold`, and lines to touch, stand inside the attempt, where the work would be lost
 * and done again when another hart is faster. There is no owner: the whole call
 * is the wait. */
#ifndef BENCH_SECTION_H
#define BENCH_SECTION_H

#include "lockfree_heap.h"

static void init(const struct workload *work, uintptr_t start, uintptr_t end)
{
	lay_out(work);
	NAME(init)(THE_HEAP, start, end);
	for (unsigned i = 0; i < PORT_MAX_HARTS; i++)
		NAME(join)(&own[i].node, work->batch);
}

static size_t used(void)
{
	return NAME(used)(THE_HEAP);
}

/* Blocks lie in the order in which attempts succeeded, unless a hart keeps a store
 * of its own to take them from. */
static const enum grant_order section_order =
	sizeof(struct NAME(node)) == 0 ? ORDER_ADDRESSES : ORDER_UNKNOWN;

/* Allocate a block. marks is a constant NULL in the passes that read no clock, grant in all
 * but the fairness pass. */
static inline __attribute__((always_inline)) void *section(const struct workload *work,
							   struct own *mine, struct marks *marks,
							   struct grant *grant)
{
	struct NAME(seen) seen;
	uint64_t failed = 0;
	unsigned long mask;
	void *block;

	hook_ready(work, &mine->hooks);
	if (grant)
		fairness_ask(grant);
	if (marks)
		marks->call = port_cycles();
	mask = hook_mask(work);
	hook_inside(work, &mine->hooks, true);
	seen = NAME(begin)(THE_HEAP, &mine->node);
	for (;;) {
		hook_touch(work, &mine->hooks);
		delay(hook_hold(work, &mine->hooks));
		if (NAME(try)(THE_HEAP, &seen, hook_size(work, &mine->hooks), work->align, &block))
			break;
		failed++;
	}
	hook_inside(work, &mine->hooks, false);
	hook_unmask(work, mask);
	if (marks) {
		marks->done = port_cycles();
		marks->waited = failed != 0;
		marks->failed = failed;
	}
	if (grant)
		fairness_got(grant, block);
	hook_done(work, &mine->hooks, block);
	return block;
}

#endif
