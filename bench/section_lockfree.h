/* section_lockfree.h: one allocation without a lock, for worker.c.
 *
 * `hold` stands inside the attempt, where its work would be lost and done again
 * when another hart is faster. There is no owner: the whole call is the wait. */
#ifndef BENCH_SECTION_H
#define BENCH_SECTION_H

static struct {
	_Alignas(LINE) struct NAME(heap) heap;
} shared;

static struct own {
	_Alignas(LINE) struct NAME(node) node;
} own[PORT_MAX_HARTS];

/* A batch is whole blocks: all of the heap's blocks lie on one lattice (audit.h). */
static void init(const struct workload *work, uintptr_t start, uintptr_t end)
{
	size_t stride = (work->size + work->align - 1) & -work->align;

	NAME(init)(&shared.heap, start, end);
	for (unsigned i = 0; i < PORT_MAX_HARTS; i++)
		NAME(join)(&own[i].node, work->batch - work->batch % stride);
}

static size_t used(void)
{
	return NAME(used)(&shared.heap);
}

static size_t waste(unsigned hart)
{
	return NAME(waste)(&own[hart].node);
}

/* Blocks lie in the order in which attempts succeeded, unless a hart keeps a store
 * of its own to take them from. */
static const enum grant_order section_order =
	sizeof(struct NAME(node)) == 0 ? ORDER_ADDRESSES : ORDER_UNKNOWN;

/* marks is a constant NULL in the passes that read no clock, grant in all but the
 * fairness pass. */
static inline __attribute__((always_inline)) void *section(const struct workload *work,
							   struct own *mine, struct marks *marks,
							   struct grant *grant)
{
	struct NAME(seen) seen;
	uint64_t failed = 0;
	void *block;

	if (grant)
		fairness_ask(grant);
	if (marks)
		marks->call = port_cycles();
	seen = NAME(begin)(&shared.heap, &mine->node);
	for (;;) {
		delay(work->hold);
		if (NAME(try)(&shared.heap, &seen, work->size, work->align, &block))
			break;
		failed++;
	}
	if (marks) {
		marks->done = port_cycles();
		marks->waited = failed != 0;
		marks->failed = failed;
	}
	if (grant)
		fairness_got(grant, block);
	return block;
}

static inline void section_record(struct latency *to, const struct marks *m)
{
	histogram_add(&to->wait, m->done - m->call);
}

#endif
