/* section_lock.h: one allocation under a lock, for worker.c. */
#ifndef BENCH_SECTION_H
#define BENCH_SECTION_H

#include "../alloc/bump.h"

/* Everything that harts write has its own line. */
static struct {
	_Alignas(LINE) struct NAME(lock) lock;
	_Alignas(LINE) struct bump heap;
	_Alignas(LINE) struct NAME(space) space;
} shared;

static struct own {
	_Alignas(LINE) struct NAME(node) node;
} own[PORT_MAX_HARTS];

/* Harts that follow each other share a cluster. */
static unsigned cluster_of(const struct workload *work, unsigned hart)
{
	unsigned per = work->clusters == 0 ? PORT_MAX_HARTS : port_harts() / work->clusters;

	return per == 0 ? hart : hart / per;
}

static void init(const struct workload *work, uintptr_t start, uintptr_t end)
{
	NAME(init)(&shared.lock);
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

/* marks is a constant NULL in the passes that read no clock. */
static inline __attribute__((always_inline)) void *section(const struct workload *work,
							   struct own *mine, struct marks *marks)
{
	void *block;
	bool waited;

	if (marks)
		marks->call = port_cycles();
	waited = NAME(acquire)(&shared.lock, &mine->node);
	if (marks)
		marks->owner = port_cycles();
	block = bump_alloc(&shared.heap, work->size, work->align);
	delay(work->hold);
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
