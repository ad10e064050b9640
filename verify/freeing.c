/* freeing.c: an allocator that takes frames back, out of line, for schedules.py. It is compiled
 * once for each word of FREED in rules.mk, with the kernel's own flags and
 *
 *   -DFREED_pool         pool.h under a ticket lock
 *   -DFREED_cached_pool  the same behind a store for each hart, as frame_cache.h says it is used
 *   -DFREED_buddy        buddy.h under a ticket lock
 *   -DFREED_treiber      treiber.h, which has no lock
 *
 * Frames have 16 bytes (treiber's and buddy's 4) and a store two frames, so that few accesses are
 * enough to go through all that there is: an empty store, a full one, the last frame. */
#define POOL_FRAME    16
#define BUDDY_FRAME   4
#define TREIBER_FRAME 4
#define FRAME_CACHE   2

#include "../alloc/buddy.h"
#include "../alloc/pool_cache.h"
#include "../alloc/treiber.h"
#include "../lock/ticket.h"

#define SUBJECT __attribute__((flatten))

#ifdef FREED_treiber

typedef struct treiber_heap heap;

#define heap_init treiber_init
#define heap_left treiber_left

#else

#ifdef FREED_buddy
#define BEHIND(part) buddy_##part
#define FRAME        BUDDY_FRAME
#else
#define BEHIND(part) pool_##part
#define FRAME        POOL_FRAME
#endif

typedef struct {
	struct ticket_lock lock;
#ifdef FREED_buddy
	struct buddy behind;
#else
	struct pool behind;
#endif
} heap;

static void heap_init(heap *h, uintptr_t start, uintptr_t end)
{
	ticket_init(&h->lock);
	BEHIND(init)(&h->behind, start, end);
}

static size_t heap_left(const heap *h)
{
	return BEHIND(left)(&h->behind);
}

/* Makes `statement` the section of a call. */
#define LOCKED(statement)                              \
	do {                                           \
		struct ticket_node node;               \
		(void)ticket_acquire(&h->lock, &node); \
		statement;                             \
		ticket_release(&h->lock, &node);       \
	} while (0)

#endif

#ifdef FREED_cached_pool
typedef struct frame_cache keeps;
#else
typedef struct {
	char unused[0];
} keeps;
#endif

heap subject_lock;
keeps subject_node;

void subject_init(heap *h, uintptr_t start, uintptr_t end);
void subject_join(keeps *mine);
void *subject_take(heap *h, keeps *mine);
void subject_give(heap *h, keeps *mine, void *frame);
void subject_empty(heap *h, keeps *mine);
size_t subject_left(heap *h);
#ifdef FREED_buddy
void *subject_pair(heap *h);
void *subject_whole(heap *h);
#endif

SUBJECT void subject_init(heap *h, uintptr_t start, uintptr_t end)
{
	heap_init(h, start, end);
}

SUBJECT size_t subject_left(heap *h)
{
	return heap_left(h);
}

#ifdef FREED_cached_pool

SUBJECT void subject_join(keeps *mine)
{
	mine->count = 0;
}

SUBJECT void *subject_take(heap *h, keeps *mine)
{
	void *frame = frame_cache_take(mine);

	if (frame != NULL)
		return frame;
	LOCKED((void)pool_cache_fill(&h->behind, mine));
	return frame_cache_take(mine);
}

SUBJECT void subject_give(heap *h, keeps *mine, void *frame)
{
	if (frame_cache_put(mine, frame))
		return;
	LOCKED(pool_cache_spill(&h->behind, mine));
	(void)frame_cache_put(mine, frame);
}

/* Gives back what is in store. */
SUBJECT void subject_empty(heap *h, keeps *mine)
{
	LOCKED(pool_cache_empty(&h->behind, mine));
}

#else

SUBJECT void subject_join(keeps *mine)
{
	(void)mine;
}

SUBJECT void subject_empty(heap *h, keeps *mine)
{
	(void)h;
	(void)mine;
}

SUBJECT void *subject_take(heap *h, keeps *mine)
{
	void *frame;

	(void)mine;
#ifdef FREED_treiber
	frame = treiber_alloc(h, TREIBER_FRAME, 1);
#else
	LOCKED(frame = BEHIND(alloc)(&h->behind, FRAME, 1));
#endif
	return frame;
}

SUBJECT void subject_give(heap *h, keeps *mine, void *frame)
{
	(void)mine;
#ifdef FREED_treiber
	treiber_free(h, frame);
#else
	LOCKED(BEHIND(free)(&h->behind, frame));
#endif
}

#endif

#ifdef FREED_buddy

/* Takes two frames that lie side by side. */
SUBJECT void *subject_pair(heap *h)
{
	void *block;

	LOCKED(block = buddy_alloc(&h->behind, 2 * BUDDY_FRAME, 1));
	return block;
}

/* Takes all of eight frames: they are one block again, or there is none. */
SUBJECT void *subject_whole(heap *h)
{
	void *block;

	LOCKED(block = buddy_alloc(&h->behind, 8 * BUDDY_FRAME, 1));
	return block;
}

#endif
