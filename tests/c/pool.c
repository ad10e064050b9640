/* Tests pool.h: alignment, the end of the memory, frames that come back, and what is left. */
#include "alloc/pool.h"

#include <stdlib.h>

#include "check.h"

enum { FRAMES = 37, PART = 100 };

static struct pool pool;
static char *memory;

/* Makes a pool of FRAMES frames in memory that begins and ends within one. */
static void make(void)
{
	pool_init(&pool, (uintptr_t)memory + PART,
		  (uintptr_t)memory + (FRAMES + 1) * POOL_FRAME + PART);
}

static size_t take_all(void **frame)
{
	size_t n = 0;

	while ((frame[n] = pool_alloc(&pool, POOL_FRAME, POOL_FRAME)) != NULL)
		n++;
	return n;
}

static void test_all_frames_are_handed_out_once(void)
{
	void *frame[FRAMES + 1];

	make();
	EXPECT_EQ(pool_left(&pool), FRAMES * POOL_FRAME);
	EXPECT_EQ(take_all(frame), FRAMES);
	EXPECT_EQ(pool_used(&pool), FRAMES * POOL_FRAME);
	EXPECT_EQ(pool_left(&pool), 0);
	for (size_t i = 0; i < FRAMES; i++) {
		EXPECT_EQ((uintptr_t)frame[i] % POOL_FRAME, 0);
		EXPECT((char *)frame[i] >= memory + PART);
		memset(frame[i], (int)i, POOL_FRAME);
	}
	for (size_t i = 0; i < FRAMES; i++)
		EXPECT_EQ(*(unsigned char *)frame[i], i);
}

static void test_a_pool_that_was_used_up_goes_on(void)
{
	void *frame[FRAMES + 1];

	make();
	(void)take_all(frame);
	EXPECT_EQ(pool_alloc(&pool, 1, 1), NULL);
	pool_free(&pool, frame[5]);
	EXPECT_EQ(pool_alloc(&pool, 1, 1), frame[5]);
	for (size_t i = 0; i < FRAMES; i++)
		pool_free(&pool, frame[i]);
	EXPECT_EQ(pool_used(&pool), 0);
	EXPECT_EQ(pool_left(&pool), FRAMES * POOL_FRAME);
	EXPECT_EQ(take_all(frame), FRAMES);
	pool_reset(&pool);
	EXPECT_EQ(pool_used(&pool), 0);
	EXPECT_EQ(take_all(frame), FRAMES);
}

static void test_what_no_frame_can_hold_is_refused(void)
{
	make();
	EXPECT_EQ(pool_alloc(&pool, POOL_FRAME + 1, 1), NULL);
	EXPECT_EQ(pool_alloc(&pool, SIZE_MAX, 1), NULL);
	EXPECT_EQ(pool_alloc(&pool, 1, 2 * POOL_FRAME), NULL);
	EXPECT_EQ(pool_used(&pool), 0);
	EXPECT(pool_alloc(&pool, 0, 1) != NULL);
}

static void test_memory_without_a_frame(void)
{
	pool_init(&pool, (uintptr_t)memory + 1, (uintptr_t)memory + POOL_FRAME + 1);
	EXPECT_EQ(pool_alloc(&pool, 1, 1), NULL);
	EXPECT_EQ(pool_left(&pool), 0);
}

/* A frame that is on the list twice makes a circle, and one that is lost is missing. */
static void test_left_sees_what_is_wrong(void)
{
	void *frame[FRAMES + 1];

	make();
	(void)take_all(frame);
	pool_free(&pool, frame[0]);
	pool_free(&pool, frame[0]);
	EXPECT(pool_left(&pool) > FRAMES * POOL_FRAME);
	pool.free = NULL;
	EXPECT_EQ(pool_left(&pool), 0);
}

int main(void)
{
	memory = aligned_alloc(POOL_FRAME, (FRAMES + 2) * POOL_FRAME);
	test_all_frames_are_handed_out_once();
	test_a_pool_that_was_used_up_goes_on();
	test_what_no_frame_can_hold_is_refused();
	test_memory_without_a_frame();
	test_left_sees_what_is_wrong();
	free(memory);
	return check_status();
}
