/* lockfree_heap.h: the heap of a worker's strategy without a lock, for the sections of worker.c. */
#ifndef BENCH_LOCKFREE_HEAP_H
#define BENCH_LOCKFREE_HEAP_H

#define FORMS 0 /* no hart waits for a word, and none lets go */

#if VARIANT_FULL

/* PLACE_LINE is 8 here: a heap is `next` and its bounds, side by side. */
static _Alignas(PLACEMENT_SPAN) char memory[PLACEMENT_SPAN + sizeof(struct NAME(heap)) + LINE];
static struct {
	_Alignas(LINE) struct NAME(heap) * heap;
} shared;

#define THE_HEAP shared.heap

_Static_assert(_Alignof(struct NAME(heap)) == 8, "compile with PLACE_LINE=8");

/* Place the heap. Padded, `next` is the last word of a line, and its bounds begin another. */
static void lay_out(const struct workload *work)
{
	size_t at = work->placement == PLACEMENT_PADDED ? LINE - sizeof(aptr) : work->offset;

	THE_HEAP = (void *)(memory + at);
}

#else

static struct {
	_Alignas(LINE) struct NAME(heap) heap;
} shared;

#define THE_HEAP (&shared.heap)

static void lay_out(const struct workload *work)
{
	(void)work;
}

#endif

static struct own {
	_Alignas(LINE) struct NAME(node) node;
	_Alignas(LINE) struct hooks hooks;
} own[PORT_MAX_HARTS];

static struct view shared_view(void)
{
	return (struct view){THE_HEAP, sizeof(*THE_HEAP)};
}

static size_t waste(unsigned hart)
{
	return NAME(waste)(&own[hart].node);
}

static inline void section_record(struct latency *to, const struct marks *m)
{
	histogram_add(&to->wait, m->done - m->call);
}

#endif
