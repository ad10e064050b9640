/* ours.c: one strategy's operations as functions of their own, for `make footprint`.
 * Built once for each, as bench/worker.c is, with
 *
 *   -DSTRATEGY=name -DSTRATEGY_HEADER='"lock/name.h"'
 *   -DLOCKFREE      for an allocator that needs no lock
 *   -DFREES=bytes   for one that hands out frames of that size
 *
 * What an operation returns, and nobody asked for, is dropped: `waited` costs its
 * caller nothing unless it is used. */
#include STRATEGY_HEADER

#include "alloc/bump.h"

#define JOIN_(a, b) a##_##b
#define JOIN(a, b)  JOIN_(a, b)
#define NAME(part)  JOIN(STRATEGY, part)

#ifdef LOCKFREE

struct NAME(heap) lock;
struct NAME(node) node;

/* Beside the heap itself, what a hart keeps; a magazine is empty here. */
void set_up(uintptr_t start, uintptr_t end)
{
	NAME(init)(&lock, start, end);
	NAME(join)(&node, 4096);
}

void *allocate(struct NAME(heap) * heap, struct NAME(node) * mine, size_t size, size_t align)
{
#ifdef FREES
	(void)mine;
	(void)size;
	(void)align;
	return NAME(alloc)(heap, FREES, FREES);
#else
	struct NAME(seen) seen = NAME(begin)(heap, mine);
	void *block;

	while (!NAME(try)(heap, &seen, size, align, &block))
		;
	return block;
#endif
}

#else

struct NAME(lock) lock;
struct NAME(node) node;
struct NAME(space) space;
struct bump heap;

void set_up(uintptr_t start, uintptr_t end)
{
	NAME(init)(&lock);
	NAME(join)(&node, &space, (struct lock_hart){0, 0});
	bump_init(&heap, start, end);
}

void acquire(struct NAME(lock) * l, struct NAME(node) * mine)
{
	(void)NAME(acquire)(l, mine);
}

void release(struct NAME(lock) * l, struct NAME(node) * mine)
{
	NAME(release)(l, mine);
}

void *allocate(struct NAME(lock) * l, struct NAME(node) * mine, size_t size, size_t align,
	       struct bump *from)
{
	void *block;

	(void)NAME(acquire)(l, mine);
	block = bump_alloc(from, size, align);
	NAME(release)(l, mine);
	return block;
}

#endif
