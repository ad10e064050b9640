/* section_lock.h: one allocation under a lock, for worker.c. */
#ifndef BENCH_SECTION_H
#define BENCH_SECTION_H

#include "../alloc/bump.h"
#include "cluster.h"

/* Everything that harts write has its own line. */
static struct {
	_Alignas(LINE) struct NAME(lock) lock;
	_Alignas(LINE) struct bump heap;
	uint64_t grants; /* fairness pass: beside what an owner writes anyway */
	_Alignas(LINE) struct NAME(space) space;
} shared;

static struct own {
	_Alignas(LINE) struct NAME(node) node;
} own[PORT_MAX_HARTS];

/* An owner takes its number under the lock. */
static const enum grant_order section_order = ORDER_NUMBERS;

static void init(const struct workload *work, uintptr_t start, uintptr_t end)
{
	NAME(init)(&shared.lock);
	shared.grants = 0;
	bump_init(&shared.heap, start, end);
	for (unsigned i = 0; i < PORT_MAX_HARTS; i++)
		NAME(join)(&own[i].node, &shared.space, (struct lock_hart){i, cluster_of(work, i)});
}

static size_t used(void)
{
	return bump_used(&shared.heap);
}

static size_t waste(unsigned hart)
{
	(void)hart;
	return 0;
}

/* marks is a constant NULL in the passes that read no clock, grant in all but the
 * fairness pass. */
static inline __attribute__((always_inline)) void *section(const struct workload *work,
							   struct own *mine, struct marks *marks,
							   struct grant *grant)
{
	void *block;
	bool waited;

	if (grant)
		fairness_ask(grant);
	if (marks)
		marks->call = port_cycles();
	waited = NAME(acquire)(&shared.lock, &mine->node);
	if (marks)
		marks->owner = port_cycles();
	if (grant)
		fairness_own(grant, &shared.grants);
	block = bump_alloc(&shared.heap, work->size, work->align);
	delay(work->hold);
	if (grant)
		fairness_release(grant);
	NAME(release)(&shared.lock, &mine->node);
	if (marks) {
		marks->done = port_cycles();
		marks->waited = waited;
		marks->failed = 0;
	}
	return block;
}

static inline void section_record(struct latency *to, const struct marks *m)
{
	histogram_add(&to->wait, m->owner - m->call);
	histogram_add(&to->hold, m->done - m->owner);
}

#endif
