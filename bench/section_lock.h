/* section_lock.h: one allocation under a lock, for worker.c. */
#ifndef BENCH_SECTION_H
#define BENCH_SECTION_H

#include "../alloc/bump.h"

#define HEAP      struct bump
#define heap_init bump_init
#define heap_used bump_used

#include "lock_and_heap.h"

#include "duty.h" /* it uses what that defines */

/* Allocate a block. marks is a constant NULL in the passes that read no clock, grant in all
 * but the fairness pass. */
static inline __attribute__((always_inline)) void *section(const struct workload *work,
							   struct own *mine, struct marks *marks,
							   struct grant *grant)
{
	unsigned long mask;
	void *block;
	bool waited;

	hook_ready(work, &mine->hooks);
	if (grant)
		fairness_ask(grant);
	if (marks)
		marks->call = port_cycles();
	mask = hook_mask(work);
	waited = section_acquire(work, mine, &mask);
	if (marks)
		marks->owner = port_cycles();
	if (grant)
		fairness_own(grant, THE_GRANTS);
	hook_inside(work, &mine->hooks, true);
	block = bump_alloc(THE_HEAP, hook_size(work, &mine->hooks), work->align);
	hook_touch(work, &mine->hooks);
	delay(hook_hold(work, &mine->hooks));
	section_duty(work, mine);
	hook_inside(work, &mine->hooks, false);
	if (grant)
		fairness_release(grant);
	RELEASE(THE_LOCK, &mine->node);
	hook_unmask(work, mask);
	if (marks) {
		marks->done = port_cycles();
		marks->waited = waited;
		marks->failed = 0;
	}
	hook_done(work, &mine->hooks, block);
	return block;
}

#endif
