/* section_lock.h: one allocation under a lock, for worker.c. */
#ifndef BENCH_SECTION_H
#define BENCH_SECTION_H

#include "../alloc/bump.h"

/* Lock and heap each have their own line. */
static struct {
	_Alignas(LINE) struct NAME(lock) lock;
	_Alignas(LINE) struct bump heap;
} shared;

static void init(uintptr_t start, uintptr_t end)
{
	NAME(init)(&shared.lock);
	bump_init(&shared.heap, start, end);
}

static size_t used(void)
{
	return bump_used(&shared.heap);
}

/* marks is a constant NULL in the passes that read no clock. */
static inline __attribute__((always_inline)) void *section(const struct workload *work,
							   struct marks *marks)
{
	_Alignas(LINE) struct NAME(node) node;
	void *block;
	bool waited;

	if (marks)
		marks->call = port_cycles();
	waited = NAME(acquire)(&shared.lock, &node);
	if (marks)
		marks->owner = port_cycles();
	block = bump_alloc(&shared.heap, work->size, work->align);
	delay(work->hold);
	NAME(release)(&shared.lock, &node);
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
