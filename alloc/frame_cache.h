/* frame_cache: the page frames that a hart has in store, before an allocator that all harts share.
 *
 * Most calls are served from here, and take no lock. A hart whose store is empty takes half a
 * store full from the shared allocator, one whose store is full gives half of it back, each in one
 * section. Any hart may free any frame: a frame that another hart allocated goes to the store of
 * the hart that frees it.
 *
 * Space        8 bytes for each frame, and 8, for each hart; and the frames in store, which no
 *              other hart gets: at most FRAME_CACHE for each hart.
 * Bound        frames of the shared allocator's smallest size only.
 * Relies on    a hart that is not interrupted by one of its own calls: if an interrupt handler
 *              allocates or frees, keep interrupts off in every call.
 * Source       J. Bonwick and J. Adams, "Magazines and Vmem", USENIX 2001; the per-CPU page lists
 * of Linux.
 *
 *     frame = frame_cache_take(&mine);
 *     if (frame == NULL) {
 *             ticket_acquire(&lock, &node);
 *             (void)pool_cache_fill(&pool, &mine);
 *             ticket_release(&lock, &node);
 *             frame = frame_cache_take(&mine);
 *     }
 *
 * pool_cache.h and buddy_cache.h have the two functions that need the lock. Compile with
 * -DALLOC_DEBUG and a frame that is freed twice is told to ALLOC_FAULT() (debug.h).
 */
#ifndef ALLOC_FRAME_CACHE_H
#define ALLOC_FRAME_CACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "debug.h"

/* Frames that a hart has in store at the most: even. */
#ifndef FRAME_CACHE
#define FRAME_CACHE 16
#endif

/* Zeroed memory is an empty store. */
struct frame_cache {
	size_t count;
	void *frame[FRAME_CACHE]; /* the last one is the next to go */
};

/* Take a frame from the store. Returns NULL when it is empty: fill it and take again. */
static inline void *frame_cache_take(struct frame_cache *cache)
{
	return cache->count != 0 ? cache->frame[--cache->count] : NULL;
}

/* Tell of a frame that is in store already, in the debug build. */
static inline void frame_cache_check(const struct frame_cache *cache, const void *frame)
{
#ifdef ALLOC_DEBUG
	for (size_t i = 0; i < cache->count; i++)
		if (cache->frame[i] == frame)
			ALLOC_FAULT("a frame is freed twice", frame);
#else
	(void)cache;
	(void)frame;
#endif
}

/* Put a frame that is freed into the store. Returns false when that is full: spill it and put
 * again. */
static inline bool frame_cache_put(struct frame_cache *cache, void *frame)
{
	frame_cache_check(cache, frame);
	if (cache->count == FRAME_CACHE)
		return false;
	cache->frame[cache->count++] = frame;
	return true;
}

/* Defines, for an allocator NAME whose smallest blocks have `bytes`:
 *
 *   bool NAME_cache_fill(struct NAME *, struct frame_cache *)   takes half a store full, or what
 * there is. Returns false: there is none void NAME_cache_spill(struct NAME *, struct frame_cache *)
 * gives the half back that is longest in store void NAME_cache_empty(struct NAME *, struct
 * frame_cache *)  gives all back
 *
 * The caller guarantees, as for NAME_alloc(), that no other call of the allocator is under way;
 * before the first that the store is empty, before the second that it is full. */
#define FRAME_CACHE_BEFORE(name, bytes)                                                     \
	static inline bool name##_cache_fill(struct name *heap, struct frame_cache *cache)  \
	{                                                                                   \
		while (cache->count < FRAME_CACHE / 2) {                                    \
			void *frame = name##_alloc(heap, bytes, bytes);                     \
                                                                                            \
			if (frame == NULL)                                                  \
				break;                                                      \
			cache->frame[cache->count++] = frame;                               \
		}                                                                           \
		return cache->count != 0;                                                   \
	}                                                                                   \
	static inline void name##_cache_spill(struct name *heap, struct frame_cache *cache) \
	{                                                                                   \
		for (size_t i = 0; i < FRAME_CACHE / 2; i++) {                              \
			name##_free(heap, cache->frame[i]);                                 \
			cache->frame[i] = cache->frame[i + FRAME_CACHE / 2];                \
		}                                                                           \
		cache->count = FRAME_CACHE / 2;                                             \
	}                                                                                   \
	static inline void name##_cache_empty(struct name *heap, struct frame_cache *cache) \
	{                                                                                   \
		while (cache->count != 0)                                                   \
			name##_free(heap, cache->frame[--cache->count]);                    \
	}

#endif
