/* section_lock.h: one allocation under a lock, for worker.c. */
#ifndef BENCH_SECTION_H
#define BENCH_SECTION_H

#include "../alloc/bump.h"
#include "cluster.h"

#define FORMS NAME(forms)

#if VARIANT_FULL

/* The lock and the heap. The workload says where they are placed. */
static struct NAME(space) space;
static _Alignas(PLACEMENT_SPAN) char memory[PLACEMENT_SPAN + sizeof(struct NAME(lock)) +
					    sizeof(struct bump) + 2 * LINE];
static struct {
	_Alignas(LINE) struct NAME(lock) * lock;
	struct bump *heap;
	uint64_t *grants;
} shared;

#define THE_LOCK   shared.lock
#define THE_HEAP   shared.heap
#define THE_GRANTS shared.grants

/* Place the lock and the heap. Packed ones are as close as the lock's own alignment allows. */
static void lay_out(const struct workload *work)
{
	enum { ALIGN = _Alignof(struct NAME(lock)) > 8 ? _Alignof(struct NAME(lock)) : 8 };
	size_t gap = work->placement == PLACEMENT_PADDED ? LINE : _Alignof(struct bump);
	size_t lock = work->offset & -(size_t)ALIGN, heap = lock + sizeof(struct NAME(lock));

	THE_LOCK = (void *)(memory + lock);
	THE_HEAP = (void *)(memory + ((heap + gap - 1) & -gap));
	THE_GRANTS = (void *)(THE_HEAP + 1);
}

#else

/* Everything that harts write has its own line. */
static struct {
	_Alignas(LINE) struct NAME(lock) lock;
	_Alignas(LINE) struct bump heap;
	uint64_t grants; /* fairness pass: on a line that an owner writes anyway */
	_Alignas(LINE) struct NAME(space) space;
} shared;

#define THE_LOCK   (&shared.lock)
#define THE_HEAP   (&shared.heap)
#define THE_GRANTS (&shared.grants)
#define space      shared.space

static void lay_out(const struct workload *work)
{
	(void)work;
}

#endif

static struct own {
	_Alignas(LINE) struct NAME(node) node;
	_Alignas(LINE) struct hooks hooks;
} own[PORT_MAX_HARTS];

/* An owner takes its number under the lock. */
static const enum grant_order section_order = ORDER_NUMBERS;

static void init(const struct workload *work, uintptr_t start, uintptr_t end)
{
	lay_out(work);
	NAME(init)(THE_LOCK);
	bump_init(THE_HEAP, start, end);
	*THE_GRANTS = 0;
	for (unsigned i = 0; i < PORT_MAX_HARTS; i++)
		NAME(join)(&own[i].node, &space, (struct lock_hart){i, cluster_of(work, i)});
}

static size_t used(void)
{
	return bump_used(THE_HEAP);
}

static struct view shared_view(void)
{
	return (struct view){THE_LOCK, sizeof(*THE_LOCK)};
}

static size_t waste(unsigned hart)
{
	(void)hart;
	return 0;
}

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
	waited = NAME(acquire)(THE_LOCK, &mine->node);
	if (marks)
		marks->owner = port_cycles();
	if (grant)
		fairness_own(grant, THE_GRANTS);
	hook_inside(work, &mine->hooks, true);
	block = bump_alloc(THE_HEAP, hook_size(work, &mine->hooks), work->align);
	hook_touch(work);
	delay(work->hold);
	hook_inside(work, &mine->hooks, false);
	if (grant)
		fairness_release(grant);
	NAME(release)(THE_LOCK, &mine->node);
	hook_unmask(work, mask);
	if (marks) {
		marks->done = port_cycles();
		marks->waited = waited;
		marks->failed = 0;
	}
	hook_done(work, &mine->hooks, block);
	return block;
}

static inline void section_record(struct latency *to, const struct marks *m)
{
	histogram_add(&to->wait, m->owner - m->call);
	histogram_add(&to->hold, m->done - m->owner);
}

#endif
