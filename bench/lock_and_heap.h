/* lock_and_heap.h: the lock of a worker's strategy and the heap that it protects, for the sections
 * of worker.c. Who includes it has defined
 *
 *   HEAP                             the heap's type
 *   void heap_init(HEAP *, start, end)  makes one empty over that memory
 *   size_t heap_used(HEAP *)            strategy.h's `used` */
#ifndef BENCH_LOCK_AND_HEAP_H
#define BENCH_LOCK_AND_HEAP_H

#include "calls.h"
#include "cluster.h"

#define FORMS NAME(forms)

#if VARIANT_FULL

/* The lock and the heap. The workload says where they are placed. */
static struct NAME(space) space;
static _Alignas(PLACEMENT_SPAN) char memory[PLACEMENT_SPAN + sizeof(struct NAME(lock)) +
					    sizeof(HEAP) + 2 * LINE];
static struct {
	_Alignas(LINE) struct NAME(lock) * lock;
	HEAP *heap;
	uint64_t *grants;
} shared;

#define THE_LOCK   shared.lock
#define THE_HEAP   shared.heap
#define THE_GRANTS shared.grants

/* Place the lock and the heap. Packed ones are as close as the lock's own alignment allows. */
static void lay_out(const struct workload *work)
{
	enum { ALIGN = _Alignof(struct NAME(lock)) > 8 ? _Alignof(struct NAME(lock)) : 8 };
	size_t gap = work->placement == PLACEMENT_PADDED ? LINE : _Alignof(HEAP);
	size_t lock = work->offset & -(size_t)ALIGN, heap = lock + sizeof(struct NAME(lock));

	THE_LOCK = (void *)(memory + lock);
	THE_HEAP = (void *)(memory + ((heap + gap - 1) & -gap));
	THE_GRANTS = (void *)(THE_HEAP + 1);
}

#else

/* Everything that harts write has its own line. */
static struct {
	_Alignas(LINE) struct NAME(lock) lock;
	_Alignas(LINE) HEAP heap;
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

#ifdef DUTY
#include "aside.h" /* it uses what stands above */
#else
#define aside_init(work) ((void)0)
#endif

/* An owner takes its number under the lock. */
static const enum grant_order section_order = ORDER_NUMBERS;

static void init(const struct workload *work, uintptr_t start, uintptr_t end)
{
	lay_out(work);
	NAME(init)(THE_LOCK);
	aside_init(work);
	heap_init(THE_HEAP, start, end);
	*THE_GRANTS = 0;
	for (unsigned i = 0; i < PORT_MAX_HARTS; i++)
		NAME(join)(&own[i].node, &space, (struct lock_hart){i, cluster_of(work, i)});
}

static size_t used(void)
{
	return heap_used(THE_HEAP);
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

static inline void section_record(struct latency *to, const struct marks *m)
{
	histogram_add(&to->wait, m->owner - m->call);
	histogram_add(&to->hold, m->done - m->owner);
}

#endif
