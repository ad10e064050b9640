/* subject.c: one strategy out of line, as verify/ proves it. It is compiled once for each
 * strategy, with the kernel's own flags and
 *
 *   -DSTRATEGY=name -DSTRATEGY_HEADER='"../lock/name.h"' [-DLOCKFREE] [-DTRYLOCK]
 *
 * It has nothing but calls. The compiler makes the same code of them as of the same
 * calls in bench/worker.c, and verify/ compares the two. */
#include STRATEGY_HEADER

#define JOIN_(a, b) a##_##b
#define JOIN(a, b)  JOIN_(a, b)
#define NAME(part)  JOIN(STRATEGY, part)

#ifdef LOCKFREE

struct NAME(heap) subject_lock;
struct NAME(node) subject_node;

void subject_init(struct NAME(heap) * heap, uintptr_t start, uintptr_t end);
void subject_join(struct NAME(node) * node, size_t batch);
void *subject_alloc(struct NAME(heap) * heap, struct NAME(node) * node, size_t size, size_t align);
void subject_free(struct NAME(heap) * heap, void *block);
void subject_reset(struct NAME(heap) * heap);
size_t subject_used(struct NAME(heap) * heap);

void subject_init(struct NAME(heap) * heap, uintptr_t start, uintptr_t end)
{
	NAME(init)(heap, start, end);
}

void subject_join(struct NAME(node) * node, size_t batch)
{
	NAME(join)(node, batch);
}

/* The header's own function takes a node where a hart keeps one. */
typedef void *with_node(struct NAME(heap) *, struct NAME(node) *, size_t, size_t);
typedef void *without_node(struct NAME(heap) *, size_t, size_t);
#define TAKES_NODE __builtin_types_compatible_p(__typeof__(NAME(alloc)), with_node)

void *subject_alloc(struct NAME(heap) * heap, struct NAME(node) * node, size_t size, size_t align)
{
	void (*alloc)(void) = (void (*)(void))NAME(alloc);

	if (TAKES_NODE)
		return ((with_node *)alloc)(heap, node, size, align);
	return ((without_node *)alloc)(heap, size, align);
}

void subject_free(struct NAME(heap) * heap, void *block)
{
	NAME(free)(heap, block);
}

void subject_reset(struct NAME(heap) * heap)
{
	NAME(reset)(heap);
}

size_t subject_used(struct NAME(heap) * heap)
{
	return NAME(used)(heap);
}

#else

struct NAME(lock) subject_lock;
struct NAME(node) subject_node;
struct NAME(space) subject_space;

void subject_init(struct NAME(lock) * l);
void subject_join(struct NAME(node) * node, struct NAME(space) * space, unsigned number,
		  unsigned cluster);
void subject_acquire(struct NAME(lock) * l, struct NAME(node) * node);
void subject_release(struct NAME(lock) * l, struct NAME(node) * node);

void subject_init(struct NAME(lock) * l)
{
	NAME(init)(l);
}

void subject_join(struct NAME(node) * node, struct NAME(space) * space, unsigned number,
		  unsigned cluster)
{
	NAME(join)(node, space, (struct lock_hart){number, cluster});
}

/* Take the lock as the throughput pass does, which does not ask whether it had to wait. */
void subject_acquire(struct NAME(lock) * l, struct NAME(node) * node)
{
	(void)NAME(acquire)(l, node);
}

void subject_release(struct NAME(lock) * l, struct NAME(node) * node)
{
	NAME(release)(l, node);
}

#ifdef TRYLOCK

bool subject_trylock(struct NAME(lock) * l, struct NAME(node) * node);
unsigned subject_trycount(struct NAME(lock) * l, struct NAME(node) * node, volatile uint32_t *x);
unsigned subject_tryread(struct NAME(lock) * l, struct NAME(node) * node, volatile uint32_t *x);

bool subject_trylock(struct NAME(lock) * l, struct NAME(node) * node)
{
	return NAME(trylock)(l, node);
}

/* Try the lock, and if it is there count in it. Returns 1 if it was. */
unsigned subject_trycount(struct NAME(lock) * l, struct NAME(node) * node, volatile uint32_t *x)
{
	if (!NAME(trylock)(l, node))
		return 0;
	*x += 1;
	NAME(release)(l, node);
	return 1;
}

/* Try the lock, and if it is there read in it. Returns 2 and what was read, or 0. */
unsigned subject_tryread(struct NAME(lock) * l, struct NAME(node) * node, volatile uint32_t *x)
{
	unsigned seen;

	if (!NAME(trylock)(l, node))
		return 0;
	seen = 2 + *x;
	NAME(release)(l, node);
	return seen;
}

#endif

#endif
