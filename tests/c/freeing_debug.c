/* Tests the debug build of the allocators that take blocks back: who frees twice, or what is not
 * theirs, or writes into what is free, is told. */
#include <stdlib.h>

#include "check.h"

static const char *told; /* the first fault of a statement; NULL: it had none */

static void fault(const char *what)
{
	if (told == NULL)
		told = what;
}

#define ALLOC_DEBUG
#define ALLOC_FAULT(what, block) fault(what)

#include "alloc/buddy.h"
#include "alloc/pool_cache.h"

#define TRY(statement)       \
	do {                 \
		told = NULL; \
		statement;   \
	} while (0)

enum { FRAMES = 8 };

static char *memory;

static void test_pool(void)
{
	struct pool pool;
	char *frame, *other;

	pool_init(&pool, (uintptr_t)memory, (uintptr_t)memory + FRAMES * POOL_FRAME);
	frame = pool_alloc(&pool, 1, 1);
	other = pool_alloc(&pool, 1, 1);
	TRY(pool_free(&pool, frame + 8));
	EXPECT_TEXT(told, "not a frame of this pool");
	TRY(pool_free(&pool, memory + FRAMES * POOL_FRAME));
	EXPECT_TEXT(told, "not a frame of this pool");
	TRY(pool_free(&pool, other + POOL_FRAME));
	EXPECT_TEXT(told, "not a frame of this pool");
	TRY(pool_free(&pool, frame));
	EXPECT_TEXT(told, NULL);
	TRY(pool_free(&pool, frame));
	EXPECT_TEXT(told, "a frame is freed twice");
	memset(frame, 0, 2 * sizeof(void *));
	TRY((void)pool_alloc(&pool, 1, 1));
	EXPECT_TEXT(told, "a free frame was written");
}

static void test_buddy(void)
{
	struct buddy buddy;
	char *block;

	buddy_init(&buddy, (uintptr_t)memory, (uintptr_t)memory + FRAMES * BUDDY_FRAME);
	block = buddy_alloc(&buddy, 2 * BUDDY_FRAME, 1);
	TRY(buddy_free(&buddy, block));
	EXPECT_TEXT(told, NULL);
	block = buddy_alloc(&buddy, 2 * BUDDY_FRAME, 1);
	TRY(buddy_check(&buddy, block + BUDDY_FRAME));
	EXPECT_TEXT(told, "a block is freed twice, or from its middle");
	TRY(buddy_check(&buddy, block + 1));
	EXPECT_TEXT(told, "not a block of this allocator");
	TRY(buddy_check(&buddy, memory + FRAMES * BUDDY_FRAME));
	EXPECT_TEXT(told, "not a block of this allocator");
	buddy_free(&buddy, block);
	TRY(buddy_check(&buddy, block));
	EXPECT_TEXT(told, "a block is freed twice, or from its middle");
}

static void test_cache(void)
{
	struct frame_cache cache = {0};

	TRY((void)frame_cache_put(&cache, memory));
	EXPECT_TEXT(told, NULL);
	TRY((void)frame_cache_put(&cache, memory));
	EXPECT_TEXT(told, "a frame is freed twice");
}

int main(void)
{
	memory = aligned_alloc(POOL_FRAME, (FRAMES + 1) * POOL_FRAME);
	memset(memory, 0, (FRAMES + 1) * POOL_FRAME);
	test_pool();
	test_buddy();
	test_cache();
	free(memory);
	return check_status();
}
