/* section_many.h: one allocation under one of several locks, or under two of them, for worker.c,
 * which is compiled with VARIANT_HEADER='"variant_full.h"' and -DMANY.
 *
 * With -DONE_NODE the lock's interface wants one node for a hart however many locks it holds (the
 * trait `one-node-a-hart`). Otherwise a hart has a node for each lock that it holds at once. */
#ifndef BENCH_SECTION_H
#define BENCH_SECTION_H

#include "calls.h"
#include "cluster.h"
#include "many.h"

#define FORMS NAME(forms)

static struct NAME(space) space;

static struct own {
	_Alignas(LINE) struct NAME(node) node;
#ifndef ONE_NODE
	_Alignas(LINE) struct NAME(node) inner_node; /* for the lock that it takes inside another */
#endif
	_Alignas(LINE) struct hooks hooks;
	/* the locks of its operation, `inner` behind `outer` for places(); without nesting they
	 * are one */
	struct many_place outer, inner;
} own[PORT_MAX_HARTS];

#ifdef ONE_NODE
#define INNER_NODE(mine) (&(mine)->node)
#else
#define INNER_NODE(mine) (&(mine)->inner_node)
#endif

/* An owner of the first lock takes its number under it. The grants of the others are not numbered.
 */
static const enum grant_order section_order = ORDER_NUMBERS;

/* Joins the nodes of hart `i`. */
static void join(const struct workload *work, unsigned i)
{
	struct lock_hart hart = {i, cluster_of(work, i)};

	NAME(join)(&own[i].node, &space, hart);
#ifndef ONE_NODE
	hart.number += PORT_MAX_HARTS;
	NAME(join)(&own[i].inner_node, &space, hart);
#endif
	own[i].outer = own[i].inner = many_place(0);
}

static void init(const struct workload *work, uintptr_t start, uintptr_t end)
{
	many_init(work, sizeof(struct NAME(lock)), work->locks_at, start, end);
	for (uint32_t i = 0; i < many.locks; i++)
		NAME(init)(many_place(i).lock);
	for (unsigned i = 0; i < PORT_MAX_HARTS; i++)
		join(work, i);
}

static size_t used(void)
{
	return many_used();
}

/* Returns the first lock, and the bytes of each. */
static struct view shared_view(void)
{
	return (struct view){many_place(0).lock, sizeof(struct NAME(lock))};
}

static const struct many_place *places(unsigned hart)
{
	return &own[hart].outer;
}

static size_t waste(unsigned hart)
{
	(void)hart;
	return 0;
}

/* Notes who owns the lock, if it is the first one. */
static inline void own_first(struct grant *grant, struct many_place *at)
{
	grant->order = 0;
	if (at->lock == (void *)many.at)
		fairness_own(grant, &at->data->grants);
}

/* Allocate a block. marks is a constant NULL in the passes that read no clock, grant in all
 * but the fairness pass. */
static inline __attribute__((always_inline)) void *section(const struct workload *work,
							   struct own *mine, struct marks *marks,
							   struct grant *grant)
{
	const bool nested = work->choose == CHOOSE_NESTED;
	uint64_t outer, inner = 0; /* sections so far */
	unsigned long mask;
	void *block;
	bool waited;

	hook_ready(work, &mine->hooks);
	many_choose(&mine->hooks.random, &mine->outer, &mine->inner);
	if (grant)
		fairness_ask(grant);
	if (marks)
		marks->call = port_cycles();
	mask = hook_mask(work);
	waited = ACQUIRE(mine->outer.lock, &mine->node);
	if (grant)
		own_first(grant, &mine->outer);
	hook_inside(work, &mine->hooks, true);
	outer = many_enter(&mine->outer);
	if (nested) {
		waited |= ACQUIRE(mine->inner.lock, INNER_NODE(mine));
		inner = many_enter(&mine->inner);
	}
	if (marks)
		marks->owner = port_cycles();
	block = many_alloc(&mine->inner, work, hook_size(work, &mine->hooks));
	delay(hook_hold(work, &mine->hooks));
	if (nested) {
		many_leave(&mine->inner, inner);
		RELEASE(mine->inner.lock, INNER_NODE(mine));
	}
	many_leave(&mine->outer, outer);
	hook_inside(work, &mine->hooks, false);
	if (grant)
		fairness_release(grant);
	RELEASE(mine->outer.lock, &mine->node);
	hook_unmask(work, mask);
	if (marks) {
		marks->done = port_cycles();
		marks->waited = waited;
		marks->failed = 0;
	}
	hook_done(work, &mine->hooks, block);
	return block;
}

/* The wait is over when the hart owns all that it takes. */
static inline void section_record(struct latency *to, const struct marks *m)
{
	histogram_add(&to->wait, m->owner - m->call);
	histogram_add(&to->hold, m->done - m->owner);
}

#endif
