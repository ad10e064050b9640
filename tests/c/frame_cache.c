/* Tests frame_cache.h before pool.h and buddy.h: batches, the end of the memory, frames that
 * another hart frees, and that nothing is lost. */
#include <stdlib.h>

#include "alloc/buddy_cache.h"
#include "alloc/pool_cache.h"
#include "check.h"
#include "random.h"

enum { FRAMES = 100, HARTS = 3, HALF = FRAME_CACHE / 2 };

static struct pool pool;
static struct buddy buddy;
static struct frame_cache cache[HARTS];
static char *memory;
static unsigned visits;

static void make(void)
{
	pool_init(&pool, (uintptr_t)memory, (uintptr_t)memory + FRAMES * POOL_FRAME);
	memset(cache, 0, sizeof(cache));
	visits = 0;
}

static void *take(struct frame_cache *of)
{
	void *frame = frame_cache_take(of);
	bool some;

	if (frame != NULL)
		return frame;
	visits++;
	some = pool_cache_fill(&pool, of);
	EXPECT_EQ(some, of->count != 0);
	return frame_cache_take(of);
}

static void put(struct frame_cache *of, void *frame)
{
	if (frame_cache_put(of, frame))
		return;
	visits++;
	pool_cache_spill(&pool, of);
	EXPECT(frame_cache_put(of, frame));
}

static void test_half_a_store_comes_and_goes_at_once(void)
{
	void *frame[3 * FRAME_CACHE];

	make();
	for (unsigned i = 0; i < HALF; i++)
		frame[i] = take(&cache[0]);
	EXPECT_EQ(visits, 1);
	EXPECT_EQ(pool_used(&pool), HALF * POOL_FRAME);
	for (unsigned i = HALF; i < 3 * FRAME_CACHE; i++)
		frame[i] = take(&cache[0]);
	EXPECT_EQ(visits, 6);
	for (unsigned i = 0; i < FRAME_CACHE; i++)
		put(&cache[0], frame[i]);
	EXPECT_EQ(visits, 6);
	put(&cache[0], frame[FRAME_CACHE]);
	EXPECT_EQ(visits, 7);
	EXPECT_EQ(cache[0].count, HALF + 1);
	EXPECT(frame_cache_take(&cache[0]) == frame[FRAME_CACHE]); /* the one that is still warm */
}

static void test_the_last_frames_can_be_had(void)
{
	unsigned n = 0;

	make();
	while (take(&cache[0]) != NULL)
		n++;
	EXPECT_EQ(n, FRAMES);
	EXPECT(!pool_cache_fill(&pool, &cache[0]));
}

/* Any hart frees any frame. In the end all are back. */
static void test_frames_of_other_harts(void)
{
	void *out[FRAMES];
	unsigned n = 0;
	uint64_t seed = 5;

	make();
	for (unsigned turn = 0; turn < 10000; turn++) {
		struct frame_cache *of = &cache[random64(&seed) % HARTS];

		if (n != 0 && (n > FRAMES / 3 || random64(&seed) % 2))
			put(of, out[--n]);
		else
			out[n++] = take(of);
		EXPECT(n == 0 || out[n - 1] != NULL);
	}
	while (n != 0)
		put(&cache[0], out[--n]);
	for (unsigned i = 0; i < HARTS; i++)
		pool_cache_empty(&pool, &cache[i]);
	EXPECT_EQ(pool_used(&pool), 0);
	EXPECT_EQ(pool_left(&pool), FRAMES * POOL_FRAME);
}

static void test_before_the_buddy_allocator(void)
{
	buddy_init(&buddy, (uintptr_t)memory, (uintptr_t)memory + FRAMES * BUDDY_FRAME);
	memset(cache, 0, sizeof(cache));
	EXPECT(buddy_cache_fill(&buddy, &cache[0]));
	EXPECT_EQ(buddy_used(&buddy), HALF * BUDDY_FRAME);
	EXPECT(frame_cache_take(&cache[0]) != NULL);
	buddy_cache_empty(&buddy, &cache[0]);
	EXPECT_EQ(buddy_used(&buddy), BUDDY_FRAME);
}

int main(void)
{
	memory = aligned_alloc(POOL_FRAME, FRAMES * POOL_FRAME);
	test_half_a_store_comes_and_goes_at_once();
	test_the_last_frames_can_be_had();
	test_frames_of_other_harts();
	test_before_the_buddy_allocator();
	free(memory);
	return check_status();
}
