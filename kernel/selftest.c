#include "selftest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../alloc/bump.h"
#include "../alloc/cas.h"
#include "../alloc/faa.h"
#include "../alloc/lrsc.h"
#include "../bench/record.h"
#include "panic.h"
#if GLOBAL_ALLOC
#include <stdlib.h>

#include "../alloc/global.h"
#endif

static _Alignas(4096) char memory[4096];

static void claim(const char *name, bool holds)
{
	record_begin("check");
	record_text("name", name);
	record_text("result", holds ? "pass" : "fail");
	record_end();
	if (!holds)
		panic("self-test: %s does not hold", name);
}

/* A function that checks one allocator's contract. The allocators' functions have the same
 * names but for the stem. */
#define CHECK_CONTRACT(stem)                                                                       \
	static void check_##stem(void)                                                             \
	{                                                                                          \
		struct stem##_heap_type heap;                                                      \
		uintptr_t start = (uintptr_t)memory, end = start + sizeof(memory);                 \
		bool aligned = true;                                                               \
                                                                                                   \
		stem##_init(&heap, start + 1, end);                                                \
		for (size_t align = 1; align <= 512; align *= 2)                                   \
			aligned &= (uintptr_t)stem##_alloc(&heap, 3, align) % align == 0;          \
		claim(#stem ".alignment", aligned);                                                \
                                                                                                   \
		claim(#stem ".huge_is_null",                                                       \
		      !stem##_alloc(&heap, SIZE_MAX, 1) &&                                         \
			      !stem##_alloc(&heap, SIZE_MAX - 4096, 4096) &&                       \
			      !stem##_alloc(&heap, 1, (size_t)1 << 63));                           \
		claim(#stem ".zero_takes_no_room",                                                 \
		      stem##_alloc(&heap, 0, 1) == stem##_alloc(&heap, 0, 1));                     \
                                                                                                   \
		stem##_reset(&heap);                                                               \
		claim(#stem ".exhaustion_is_null",                                                 \
		      stem##_alloc(&heap, 4000, 1) != NULL && stem##_alloc(&heap, 96, 1) == NULL); \
		claim(#stem ".usable_after_null", stem##_alloc(&heap, 95, 1) != NULL &&            \
							  stem##_used(&heap) == 4095 &&            \
							  stem##_alloc(&heap, 1, 1) == NULL);      \
		stem##_free(&heap, memory);                                                        \
		stem##_reset(&heap);                                                               \
		claim(#stem ".reset",                                                              \
		      stem##_used(&heap) == 0 && stem##_alloc(&heap, 1, 1) == memory + 1);         \
	}

#define bump_heap_type bump
#define cas_heap_type  cas_heap
#define faa_heap_type  faa_heap
#define lrsc_heap_type lrsc_heap
CHECK_CONTRACT(bump)
CHECK_CONTRACT(cas)
CHECK_CONTRACT(faa)
CHECK_CONTRACT(lrsc)

/* A vector of characters that grows by pushing: each growth is an allocation. */
struct vector {
	char *items;
	size_t len, room;
};

static void vector_push(struct vector *v, struct bump *heap, char item)
{
	if (v->len == v->room) {
		size_t room = v->room ? v->room * 2 : 1;
		char *items = bump_alloc(heap, room, _Alignof(char));

		if (items == NULL)
			panic("self-test: no room for %zu characters", room);
		if (v->len != 0)
			memcpy(items, v->items, v->len);
		v->items = items;
		v->room = room;
	}
	v->items[v->len++] = item;
}

static void check_vector(void)
{
	struct bump heap;
	struct vector v = {0};

	bump_init(&heap, (uintptr_t)memory, (uintptr_t)memory + sizeof(memory));
	for (char c = 'a'; c <= 'c'; c++)
		vector_push(&v, &heap, c);
	printf("v = [");
	for (size_t i = 0; i < v.len; i++)
		printf("%s'%c'", i ? ", " : "", v.items[i]);
	printf("]\n");
	claim("vector", v.len == 3 && memcmp(v.items, "abc", 3) == 0);
}

#if GLOBAL_ALLOC
static void check_global(void)
{
	static _Alignas(16) char pool[4096];
	volatile size_t many = SIZE_MAX / 2; /* the compiler would see through a constant */
	unsigned char *a, *b, *grown;

	global_alloc_init((uintptr_t)pool, (uintptr_t)pool + sizeof(pool));
	a = malloc(24);
	memset(a, 'x', 24);
	b = calloc(4, 8);
	grown = realloc(a, 48);
	claim("malloc.aligned", a && b && (uintptr_t)a % 16 == 0 && (uintptr_t)b % 16 == 0);
	claim("calloc.zero", b[0] == 0 && b[31] == 0);
	claim("calloc.overflow_is_null", calloc(many, 4) == NULL);
	claim("realloc.keeps", grown && grown != a && grown[0] == 'x' && grown[23] == 'x');
	claim("malloc.exhaustion_is_null", malloc(sizeof(pool)) == NULL && malloc(16) != NULL);
	free(grown);
}
#endif

void selftest_run(void)
{
	check_bump();
	check_cas();
	check_faa();
	check_lrsc();
	check_vector();
#if GLOBAL_ALLOC
	check_global();
#endif
}
