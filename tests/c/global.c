/* Tests global.c under other names, because the test itself needs the C library's. */
#include <stdlib.h>

#include "check.h"

#define malloc  heap_malloc
#define calloc  heap_calloc
#define realloc heap_realloc
#define free    heap_free
#include "alloc/global.c"
#undef malloc
#undef calloc
#undef realloc
#undef free

enum { ROOM = 1024 };

static uint8_t room[ROOM + 1];

static void fresh(void)
{
	memset(room, 0xc5, sizeof(room));
	global_alloc_init((uintptr_t)room, (uintptr_t)room + ROOM);
}

static void test_before_init(void)
{
	EXPECT(heap_malloc(1) == NULL);
	EXPECT(heap_calloc(1, 1) == NULL);
	EXPECT(heap_realloc(NULL, 1) == NULL);
	heap_free(NULL);
}

static void test_malloc(void)
{
	uint8_t *behind = room, *p;
	size_t blocks = 0;

	fresh();
	for (size_t size = 0; (p = heap_malloc(size)) != NULL; size = size * 5 % 67 + 1, blocks++) {
		EXPECT_EQ((uintptr_t)p % 16, 0);
		EXPECT(p >= behind && p + size <= room + ROOM);
		memset(p, 0xee, size);
		behind = p + size;
	}
	EXPECT(blocks > 5);
	EXPECT_EQ(room[ROOM], 0xc5);
	heap_free(behind);
	fresh();
	EXPECT(heap_malloc(ROOM / 2) != NULL); /* all came back */
}

static void test_too_large(void)
{
	fresh();
	EXPECT(heap_malloc(SIZE_MAX) == NULL);
	EXPECT(heap_malloc(SIZE_MAX - 15) == NULL);
	EXPECT(heap_malloc(SIZE_MAX - 16) == NULL);
	EXPECT(heap_malloc(ROOM) == NULL);
	EXPECT(heap_calloc(SIZE_MAX, SIZE_MAX) == NULL);
	EXPECT(heap_calloc(1ull << 32, 1ull << 32) == NULL);
	EXPECT(heap_calloc((1ull << 63) + 1, 2) == NULL);
	EXPECT(heap_malloc(ROOM / 2) != NULL); /* still usable */
}

static void test_calloc(void)
{
	uint8_t *p;

	fresh();
	p = heap_calloc(3, 33);
	if (!EXPECT(p != NULL))
		return;
	for (int i = 0; i < 99; i++)
		EXPECT_EQ(p[i], 0);
	EXPECT(heap_calloc(SIZE_MAX, 0) != NULL);
	EXPECT(heap_calloc(0, SIZE_MAX) != NULL);
}

static void test_realloc(void)
{
	char *p, *larger;

	fresh();
	p = heap_realloc(NULL, 6);
	strcpy(p, "hello");
	EXPECT(heap_realloc(p, 3) == p);
	EXPECT(heap_realloc(p, 6) == p);
	larger = heap_realloc(p, 200);
	EXPECT(larger != NULL && larger != p);
	EXPECT_TEXT(larger, "hello");
	EXPECT_TEXT(p, "hello");
	EXPECT(heap_realloc(larger, ROOM) == NULL);
	EXPECT_TEXT(larger, "hello");
}

int main(void)
{
	test_before_init();
	test_malloc();
	test_too_large();
	test_calloc();
	test_realloc();
	return check_status();
}
