/* Tests buddy.h: alignment, sizes, the end of the memory, halves that join, and what is left. */
#include "alloc/buddy.h"

#include <stdlib.h>

#include "check.h"
#include "random.h"

enum { FRAMES = 3000, PART = 100, BLOCKS = 200, TURNS = 20000 };

static struct buddy buddy;
static char *memory;
static size_t room;

static void make(void)
{
	buddy_init(&buddy, (uintptr_t)memory + PART, (uintptr_t)memory + room);
}

/* Returns the number of free blocks of an order. */
static size_t listed(unsigned order)
{
	size_t n = 0;

	for (uint32_t i = buddy.list[order]; i != BUDDY_NONE; i = buddy.frame[i].next)
		n++;
	return n;
}

static void test_memory_is_used(void)
{
	size_t whole;

	make();
	whole = (size_t)buddy.frames * BUDDY_FRAME;
	EXPECT(whole + buddy.frames * sizeof(struct buddy_frame) + PART + 2 * BUDDY_FRAME > room);
	EXPECT((char *)(buddy.frame + buddy.frames) <= memory + room);
	EXPECT_EQ(buddy_left(&buddy), whole);
	EXPECT_EQ(buddy_used(&buddy), 0);
}

static void test_sizes_and_alignments(void)
{
	size_t used = 0;

	make();
	for (unsigned order = 0; order < BUDDY_ORDERS; order++) {
		size_t size = (size_t)BUDDY_FRAME << order;
		char *block = buddy_alloc(&buddy, size / 2 + 1, size);

		if (block == NULL)
			continue; /* memory that large may not be there at a multiple of it */
		EXPECT_EQ((uintptr_t)block % size, 0);
		used += size;
		EXPECT_EQ(buddy_used(&buddy), used);
	}
	EXPECT_EQ(buddy_alloc(&buddy, ((size_t)BUDDY_FRAME << 10) + 1, 1), NULL);
	EXPECT_EQ(buddy_alloc(&buddy, 1, (size_t)BUDDY_FRAME << 11), NULL);
	EXPECT_EQ(buddy_alloc(&buddy, SIZE_MAX, 1), NULL);
}

/* Everything is handed out in single frames, and comes back in any order: then all halves have
 * joined, and the lists are what they were. */
static void test_halves_join(void)
{
	static void *frame[FRAMES + 10];
	size_t n = 0, before[BUDDY_ORDERS];
	uint64_t seed = 3;

	make();
	for (unsigned i = 0; i < BUDDY_ORDERS; i++)
		before[i] = listed(i);
	while ((frame[n] = buddy_alloc(&buddy, 1, 1)) != NULL)
		n++;
	EXPECT_EQ(n, buddy.frames);
	EXPECT_EQ(buddy_left(&buddy), 0);
	EXPECT_EQ(buddy_alloc(&buddy, 1, 1), NULL);
	while (n != 0) {
		size_t i = random64(&seed) % n;

		buddy_free(&buddy, frame[i]);
		frame[i] = frame[--n];
	}
	for (unsigned i = 0; i < BUDDY_ORDERS; i++)
		EXPECT_EQ(listed(i), before[i]);
	EXPECT_EQ(buddy_used(&buddy), 0);
}

static void test_a_large_request_that_fails_leaves_room_for_small_ones(void)
{
	make();
	while (buddy_alloc(&buddy, (size_t)BUDDY_FRAME << 10, 1) != NULL)
		;
	EXPECT(buddy_alloc(&buddy, 1, 1) != NULL);
}

/* Blocks of any order come and go; each is filled with its own byte, which must still be there when
 * it goes. */
static void test_no_byte_is_in_two_blocks(void)
{
	struct {
		unsigned char *at;
		size_t size;
	} block[BLOCKS] = {0};
	uint64_t seed = 7;
	static struct buddy_frame fresh[FRAMES + 10];
	size_t lists[BUDDY_ORDERS];

	make();
	memcpy(fresh, buddy.frame, buddy.frames * sizeof(*fresh));
	for (unsigned i = 0; i < BUDDY_ORDERS; i++)
		lists[i] = listed(i);
	for (unsigned turn = 0; turn < TURNS; turn++) {
		unsigned i = random64(&seed) % BLOCKS;
		unsigned char own = (unsigned char)(i + 1);

		if (block[i].at == NULL) {
			block[i].size = 1 + random64(&seed) % (BUDDY_FRAME * 9);
			block[i].at = buddy_alloc(&buddy, block[i].size, 1);
			if (block[i].at != NULL)
				block[i].at[0] = block[i].at[block[i].size - 1] = own;
			continue;
		}
		EXPECT(block[i].at[0] == own && block[i].at[block[i].size - 1] == own);
		buddy_free(&buddy, block[i].at);
		block[i].at = NULL;
		if (turn % 1000 == 0)
			EXPECT_EQ(buddy_left(&buddy) + buddy_used(&buddy),
				  (size_t)buddy.frames * BUDDY_FRAME);
	}
	buddy_reset(&buddy);
	EXPECT_EQ(buddy_left(&buddy), (size_t)buddy.frames * BUDDY_FRAME);
	EXPECT_EQ(buddy_used(&buddy), 0);
	for (unsigned i = 0; i < BUDDY_ORDERS; i++)
		EXPECT_EQ(listed(i), lists[i]);
	for (uint32_t n = 0; n < buddy.frames; n++)
		EXPECT_EQ(buddy.frame[n].what, fresh[n].what);
}

static void test_memory_without_a_frame(void)
{
	buddy_init(&buddy, (uintptr_t)memory, (uintptr_t)memory + BUDDY_FRAME);
	EXPECT_EQ(buddy.frames, 0);
	EXPECT_EQ(buddy_alloc(&buddy, 1, 1), NULL);
	EXPECT_EQ(buddy_left(&buddy), 0);
}

int main(void)
{
	room = (FRAMES + 3) * (size_t)BUDDY_FRAME;
	memory = aligned_alloc(BUDDY_FRAME, room);
	test_memory_is_used();
	test_sizes_and_alignments();
	test_halves_join();
	test_a_large_request_that_fails_leaves_room_for_small_ones();
	test_no_byte_is_in_two_blocks();
	test_memory_without_a_frame();
	free(memory);
	return check_status();
}
