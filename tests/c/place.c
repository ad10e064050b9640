/* Tests place.h, bump.h, cas.h and lrsc.h against plain arithmetic in 128 bits. No address here
 * is ever followed. */
#include "alloc/place.h"

#include "alloc/bump.h"
#include "alloc/cas.h"
#include "alloc/lrsc.h"
#include "check.h"
#include "random.h"

typedef unsigned __int128 wide;

/* Returns where a block would begin if addresses never ended. */
static wide wide_block(wide next, wide align)
{
	return (next + align - 1) / align * align;
}

static bool place_agrees(uintptr_t next, uintptr_t end, size_t size, size_t align)
{
	enum { UNTOUCHED = 0x5a5a };
	struct bump_place p = {UNTOUCHED, UNTOUCHED};
	wide block = wide_block(next, align), behind = block + size;
	bool placed = bump_place(&p, next, end, size, align);

	if (behind > end)
		return !placed && p.block == UNTOUCHED && p.next == UNTOUCHED;
	return placed && p.block == block && p.next == behind;
}

static void check_place(uintptr_t next, uintptr_t end, size_t size, size_t align)
{
	if (!EXPECT(place_agrees(next, end, size, align)))
		fprintf(stderr, "  next %#lx end %#lx size %#zx align %#zx\n", next, end, size,
			align);
}

static void test_edges(void)
{
	static const uint64_t edges[] = {
		0,          1,
		2,          15,
		16,         17,
		4095,       4096,
		1ull << 32, (1ull << 63) - 1,
		1ull << 63, (1ull << 63) + 1,
		-4096ull,   -17ull,
		-16ull,     -15ull,
		-2ull,      -1ull,
	};
	enum { EDGES = sizeof(edges) / sizeof(*edges) };

	for (int n = 0; n < EDGES; n++)
		for (int e = n; e < EDGES; e++)
			for (int s = 0; s < EDGES; s++)
				for (int bit = 0; bit < 64; bit++)
					check_place(edges[n], edges[e], edges[s], 1ull << bit);
}

static void test_random(void)
{
	uint64_t seed = 1;

	for (int i = 0; i < 1000000; i++) {
		uint64_t a = random_length(&seed), b = random_length(&seed);
		uint64_t size = random_length(&seed), align = 1ull << random_below(&seed, 64);

		if (random_below(&seed, 2)) /* near the end of the address space */
			a = ~a, b = ~b;
		if (random_below(&seed, 2)) /* just about fits */
			size = (a > b ? a - b : b - a) + random_below(&seed, 5) - 2;
		check_place(a < b ? a : b, a < b ? b : a, size, align);
	}
}

/* One heap of each kind, and the `next` that they should have. */
struct heaps {
	struct bump bump;
	struct cas_heap cas;
	struct lrsc_heap lrsc;
	uintptr_t start, next, end;
};

static void heaps_init(struct heaps *h, uintptr_t start, uintptr_t end)
{
	bump_init(&h->bump, start, end);
	cas_init(&h->cas, start, end);
	lrsc_init(&h->lrsc, start, end);
	h->start = h->next = start;
	h->end = end;
}

/* Ask all heaps for a block. Returns its address, 0 for NULL. */
static uintptr_t heaps_alloc(struct heaps *h, size_t size, size_t align)
{
	wide block = wide_block(h->next, align);
	uintptr_t expected = 0;

	if (block + size <= h->end) {
		expected = block;
		h->next = block + size;
	}
	EXPECT_EQ(bump_alloc(&h->bump, size, align), expected);
	EXPECT_EQ(cas_alloc(&h->cas, size, align), expected);
	EXPECT_EQ(lrsc_alloc(&h->lrsc, size, align), expected);
	EXPECT_EQ(bump_used(&h->bump), h->next - h->start);
	EXPECT_EQ(cas_used(&h->cas), h->next - h->start);
	EXPECT_EQ(lrsc_used(&h->lrsc), h->next - h->start);
	return expected;
}

static void heaps_reset(struct heaps *h)
{
	bump_reset(&h->bump);
	cas_reset(&h->cas);
	lrsc_reset(&h->lrsc);
	h->next = h->start;
	EXPECT_EQ(bump_used(&h->bump), 0);
	EXPECT_EQ(cas_used(&h->cas), 0);
	EXPECT_EQ(lrsc_used(&h->lrsc), 0);
}

static void test_exhausted(void)
{
	struct heaps h;

	heaps_init(&h, 0x1000, 0x1100);
	EXPECT_EQ(heaps_alloc(&h, 0xf0, 16), 0x1000);
	EXPECT_EQ(heaps_alloc(&h, 0x11, 1), 0);
	EXPECT_EQ(heaps_alloc(&h, SIZE_MAX, 1), 0);
	EXPECT_EQ(heaps_alloc(&h, SIZE_MAX, 1ull << 63), 0);
	EXPECT_EQ(heaps_alloc(&h, 0, 1ull << 63), 0);
	EXPECT_EQ(heaps_alloc(&h, 1, 1), 0x10f0);
	EXPECT_EQ(heaps_alloc(&h, 15, 16), 0);
	EXPECT_EQ(heaps_alloc(&h, 15, 1), 0x10f1);
	EXPECT_EQ(heaps_alloc(&h, 1, 1), 0);
	EXPECT_EQ(heaps_alloc(&h, 0, 16), 0x1100); /* takes no room */
	EXPECT_EQ(heaps_alloc(&h, 0, 0x200), 0);
	heaps_reset(&h);
	EXPECT_EQ(heaps_alloc(&h, 0x100, 1), 0x1000);
}

static void test_empty(void)
{
	struct heaps h;

	heaps_init(&h, 0x1001, 0x1001);
	EXPECT_EQ(heaps_alloc(&h, 1, 1), 0);
	EXPECT_EQ(heaps_alloc(&h, 0, 2), 0);
	EXPECT_EQ(heaps_alloc(&h, 0, 1), 0x1001);
}

static void test_top_of_memory(void)
{
	struct heaps h;

	heaps_init(&h, -0x20ul, UINTPTR_MAX);
	EXPECT_EQ(heaps_alloc(&h, 0x11, 16), -0x20ul);
	EXPECT_EQ(heaps_alloc(&h, 1, 16), 0); /* would be address 0 */
	EXPECT_EQ(heaps_alloc(&h, 0, 1ull << 63), 0);
	EXPECT_EQ(heaps_alloc(&h, 15, 1), 0);
	EXPECT_EQ(heaps_alloc(&h, 14, 1), -0xful);
	EXPECT_EQ(heaps_alloc(&h, 1, 1), 0);
}

static void test_free_does_nothing(void)
{
	struct heaps h;
	uintptr_t block;

	heaps_init(&h, 0x1000, 0x1040);
	block = heaps_alloc(&h, 32, 16);
	bump_free(&h.bump, (void *)block);
	cas_free(&h.cas, (void *)block);
	lrsc_free(&h.lrsc, (void *)block);
	bump_free(&h.bump, NULL);
	cas_free(&h.cas, NULL);
	EXPECT_EQ(heaps_alloc(&h, 32, 16), 0x1020);
}

static void one_history(uint64_t *seed)
{
	uintptr_t start = random_length(seed) | 1;
	size_t room = random_length(seed) & 0xfffff;
	struct heaps h;

	if (room > UINTPTR_MAX - start)
		start -= room;
	heaps_init(&h, start, start + room);
	for (int i = 0; i < 200; i++) {
		size_t size = random_below(seed, 8) ? random_below(seed, room / 20 + 2)
						    : random_length(seed);

		heaps_alloc(&h, size, 1ull << random_below(seed, random_below(seed, 8) ? 8 : 64));
		if (random_below(seed, 100) == 0)
			heaps_reset(&h);
	}
}

static void test_histories(void)
{
	uint64_t seed = 2;

	for (int i = 0; i < 2000; i++)
		one_history(&seed);
}

/* An attempt that was overtaken changes nothing but its `seen`. */
static void test_cas_overtaken(void)
{
	struct cas_heap heap;
	struct cas_seen slow;
	void *block;

	cas_init(&heap, 0x1000, 0x1040);
	slow = cas_begin(&heap, NULL);
	EXPECT_EQ(cas_alloc(&heap, 16, 16), 0x1000);
	EXPECT(!cas_try(&heap, &slow, 16, 16, &block));
	EXPECT_EQ(slow.next, 0x1010);
	EXPECT_EQ(cas_used(&heap), 16);
	EXPECT(cas_try(&heap, &slow, 16, 16, &block));
	EXPECT_EQ(block, 0x1010);

	slow = cas_begin(&heap, NULL);
	EXPECT(cas_try(&heap, &slow, 0x21, 1, &block)); /* settled: it does not fit */
	EXPECT_EQ(block, 0);
	EXPECT_EQ(cas_used(&heap), 32);
}

int main(void)
{
	test_edges();
	test_random();
	test_exhausted();
	test_empty();
	test_top_of_memory();
	test_free_does_nothing();
	test_histories();
	test_cas_overtaken();
	return check_status();
}
