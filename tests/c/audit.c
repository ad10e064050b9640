/* Tests audit.c on hand-outs that the allocator itself made, and on ones that are wrong. */
#include "bench/audit.h"

#include <pthread.h>
#include <stdlib.h>

#include "alloc/bump.h"
#include "check.h"
#include "random.h"

enum { MIB = 1 << 20, ROOM = 4096, HARTS = 3, CANARY = 0xc5 };

/* A page-aligned heap between canaries. */
static uint8_t memory[3 * ROOM] __attribute__((aligned(ROOM)));
static const uintptr_t start = (uintptr_t)memory + ROOM, end = (uintptr_t)memory + 2 * ROOM;

static struct hart_stats stats[HARTS];
static struct workload work;
static struct bump heap;

static void begin_at(uintptr_t from, uintptr_t to, size_t size, size_t align)
{
	work = (struct workload){.size = size, .align = align, .locks = 1};
	memset(stats, 0, sizeof(stats));
	bump_init(&heap, from, audit_prepare(&work, from, to));
	EXPECT(heap.end >= from && heap.end <= to);
	EXPECT_EQ(audit_marked(), 0);
}

static void begin(size_t size, size_t align)
{
	memset(memory, CANARY, sizeof(memory));
	begin_at(start, end, size, align);
}

static void mark(unsigned hart, uintptr_t block)
{
	audit_mark(&stats[hart], (const void *)block, work.size, work.align);
}

static void expect_strays(unsigned hart, uint64_t misaligned, uint64_t outside,
			  uint64_t overlapping)
{
	EXPECT_EQ(stats[hart].misaligned, misaligned);
	EXPECT_EQ(stats[hart].outside, outside);
	EXPECT_EQ(stats[hart].overlapping, overlapping);
}

static void expect_outside_untouched(void)
{
	for (size_t i = 0; i < ROOM; i++)
		EXPECT(memory[i] == CANARY && memory[2 * ROOM + i] == CANARY);
}

/* Hand out blocks to random harts, in sizes that are multiples of `unit`, until none fits.
 * Every byte of them is marked once, and no other byte is. */
static void hand_out(uintptr_t from, uintptr_t to, size_t unit, size_t align, uint64_t *seed)
{
	uint64_t bytes = 0, blocks = 0;
	void *block;

	begin_at(from, to, unit, align);
	for (;;) {
		size_t size = unit * (1 + random_below(seed, 3));
		unsigned hart = (unsigned)random_below(seed, HARTS);

		if ((block = bump_alloc(&heap, size, align)) == NULL)
			break;
		audit_mark(&stats[hart], block, size, align);
		bytes += size;
		blocks++;
	}
	EXPECT_EQ(audit_marked(), bytes);
	EXPECT_EQ(stats[0].blocks + stats[1].blocks + stats[2].blocks, blocks);
	for (unsigned i = 0; i < HARTS; i++)
		expect_strays(i, 0, 0, 0);
}

static void test_sound(void)
{
	uint64_t seed = 10;

	memset(memory, CANARY, sizeof(memory));
	for (int i = 0; i < 2000; i++) {
		uintptr_t from = start + random_below(&seed, 200),
			  to = end - random_below(&seed, 200);

		hand_out(from, to, 1 + random_below(&seed, 300), 1u << random_below(&seed, 11),
			 &seed);
	}
	expect_outside_untouched();
}

/* A granule stands for bytes that always go out together. */
static void test_granule(void)
{
	static const struct {
		size_t size, align, granule;
	} cases[] = {
		{16, 16, 16},
		{24, 8, 8},
		{8, 16, 8},
		{3, 64, 1},
		{1, 1, 1},
		{12, 1, 1},
		{6, 4, 2},
		{8192, 4096, 4096},
		{MIB, MIB, 4096},
		{SIZE_MAX, 1, 1},
		{1ul << 63, 1ul << 63, 4096},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin(cases[i].size, cases[i].align);
		EXPECT_EQ(audit_granule(), cases[i].granule);
	}
}

static void test_twice(void)
{
	begin(24, 8);
	mark(0, start);
	mark(1, start + 24);
	mark(2, start + 24); /* again */
	expect_strays(0, 0, 0, 0);
	expect_strays(1, 0, 0, 0);
	expect_strays(2, 0, 0, 1);
	EXPECT_EQ(stats[2].blocks, 1);
	EXPECT_EQ(audit_marked(), 48); /* two blocks share 24 bytes */
}

/* Blocks that share one byte, at either end, and a block inside another, are found. */
static void test_overlap(void)
{
	begin(16, 1);
	mark(0, start + 100);
	mark(1, start + 85); /* ends at 101 */
	expect_strays(1, 0, 0, 1);
	mark(1, start + 115); /* begins at its last byte */
	expect_strays(1, 0, 0, 2);
	EXPECT_EQ(audit_marked(), 46);
	mark(2, start + 69); /* touches, overlaps nothing */
	mark(2, start + 131);
	expect_strays(2, 0, 0, 0);
	EXPECT_EQ(audit_marked(), 78);
	audit_mark(&stats[2], (const void *)(start + 90), 1, 1);
	expect_strays(2, 0, 0, 1);
	audit_mark(&stats[0], (const void *)start, 300, 1); /* over all of them */
	expect_strays(0, 0, 0, 1);
	EXPECT_EQ(audit_marked(), 300);
}

/* Blocks that begin and end in every bit of a word, and fill several. */
static void test_words(void)
{
	for (size_t from = 0; from < 130; from++)
		for (size_t size = 1; size < 200; size++) {
			struct hart_stats me = {0};

			audit_prepare(&(struct workload){.size = 1, .align = 1, .locks = 1}, start,
				      end);
			audit_mark(&me, (const void *)(start + from), size, 1);
			EXPECT_EQ(audit_marked(), size);
			if (from > 0)
				audit_mark(&me, (const void *)start, from, 1);
			audit_mark(&me, (const void *)(start + from + size), 1, 1);
			EXPECT_EQ(me.overlapping, 0);
			EXPECT_EQ(audit_marked(), from + size + 1);
		}
}

static void test_misaligned(void)
{
	begin(16, 16);
	mark(1, start + 8);
	expect_strays(1, 1, 0, 0);
	begin_at(start + 1, end, 16, 16); /* a heap that is not aligned, either */
	mark(2, start + 8);
	mark(0, start + 32);
	expect_strays(2, 1, 0, 0);
	expect_strays(0, 0, 0, 0);
	expect_outside_untouched();
}

static void test_outside(void)
{
	uintptr_t last;

	begin(32, 16);
	last = (heap.end - 32) & -16ul; /* block that fits */
	mark(0, start - 16);
	mark(0, last + 32);
	mark(0, last + 16); /* half of it */
	mark(0, last + 1024 * 1024);
	mark(0, 0);
	mark(0, -16ul);
	expect_strays(0, 0, 6, 0);
	EXPECT_EQ(stats[0].blocks, 6);
	EXPECT_EQ(audit_marked(), 0);
	expect_outside_untouched();
	mark(1, last); /* just inside */
	expect_strays(1, 0, 0, 0);
	EXPECT_EQ(audit_marked(), 32);
}

/* The map is cleared whatever was there, and lies behind the heap, not in it. */
static void test_map_is_beside_the_heap(void)
{
	begin(16, 16);
	memset((void *)start, 0xff, heap.end - start); /* as owners may */
	EXPECT_EQ(audit_marked(), 0);
	mark(0, heap.end - 16 - (heap.end - start) % 16);
	expect_strays(0, 0, 0, 0);
}

static void expect_prepared(uint8_t *big, size_t room, size_t size, size_t align, size_t expected)
{
	struct workload w = {.size = size, .align = align, .locks = 1};
	uintptr_t from = (uintptr_t)big;

	big[room] = CANARY;
	EXPECT_EQ(audit_prepare(&w, from, from + room) - from, expected);
	EXPECT(big[room] == CANARY);
	EXPECT_EQ(audit_marked(), 0);
}

/* The audit takes the memory that it needs, and no more than there is. */
static void test_prepare(void)
{
	uint8_t *big = malloc(81 * MIB);

	memset(big, CANARY, 81 * MIB);
	expect_prepared(big, 79 * MIB, 16, 16, 16 * MIB);
	expect_prepared(big, 79 * MIB, 1, 1, 16 * MIB);
	expect_prepared(big, 79 * MIB, MIB, 16, 64 * MIB);
	expect_prepared(big, 79 * MIB, MIB, MIB, 64 * MIB);
	/* It takes all there is without the map, which is a ninth at one bit a byte. */
	expect_prepared(big, 9 * MIB, 1, 1, 8 * MIB - 24 + 3);
	expect_prepared(big, 129 * 4096, 16, 16, 128 * 4096 - 24 + 1);
	expect_prepared(big, 79 * MIB, 78 * MIB, 4096, 79 * MIB - 24 - (79 * MIB - 24) / 32769);
	expect_prepared(big, 0, 16, 16, 0);
	expect_prepared(big, 24, 1, 1, 0);
	expect_prepared(big, 26, 1, 1, 2);
	free(big);
}

/* A block that does not fit at all is not handed out. */
static void test_too_large(void)
{
	static const struct workload large[] = {
		{.size = ROOM, .align = 1},        {.size = SIZE_MAX, .align = 1},
		{.size = SIZE_MAX, .align = 16},   {.size = SIZE_MAX - 7, .align = 1ull << 63},
		{.size = 16, .align = 1ull << 63},
	};

	for (size_t i = 0; i < sizeof(large) / sizeof(*large); i++) {
		begin(large[i].size, large[i].align);
		EXPECT(bump_alloc(&heap, work.size, work.align) == NULL);
		EXPECT_EQ(audit_marked(), 0);
	}
	expect_outside_untouched();
}

/* Two threads mark the same blocks. Each block belongs to the thread that was first, and
 * the other is told so. */
enum { SHARED_BLOCKS = 20000, SHARED_SIZE = 8 };

static uint8_t shared_memory[SHARED_BLOCKS * SHARED_SIZE * 2] __attribute__((aligned(64)));

static void *mark_all(void *stats_of_hart)
{
	for (size_t i = 0; i < SHARED_BLOCKS; i++)
		audit_mark(stats_of_hart, shared_memory + i * SHARED_SIZE, SHARED_SIZE,
			   SHARED_SIZE);
	return NULL;
}

static void test_two_at_once(void)
{
	pthread_t other;

	begin_at((uintptr_t)shared_memory, (uintptr_t)shared_memory + sizeof(shared_memory),
		 SHARED_SIZE, SHARED_SIZE);
	EXPECT_EQ(pthread_create(&other, NULL, mark_all, &stats[1]), 0);
	mark_all(&stats[0]);
	EXPECT_EQ(pthread_join(other, NULL), 0);
	EXPECT_EQ(stats[0].overlapping + stats[1].overlapping, SHARED_BLOCKS);
	EXPECT_EQ(audit_marked(), SHARED_BLOCKS * SHARED_SIZE);
}

/* A block that was given back may be had again; one that nobody had is told. */
static void test_back(void)
{
	struct hart_stats stats = {0};
	char *block;

	begin_at((uintptr_t)shared_memory, (uintptr_t)shared_memory + sizeof(shared_memory),
		 SHARED_SIZE, SHARED_SIZE);
	block = (char *)shared_memory + SHARED_SIZE;
	audit_mark(&stats, block, SHARED_SIZE, SHARED_SIZE);
	audit_unmark(&stats, block, SHARED_SIZE);
	EXPECT_EQ(audit_marked(), 0);
	audit_mark(&stats, block, SHARED_SIZE, SHARED_SIZE);
	EXPECT_EQ(stats.overlapping, 0);
	audit_unmark(&stats, block, SHARED_SIZE);
	EXPECT_EQ(stats.unmarked, 0);
	audit_unmark(&stats, block, SHARED_SIZE);
	EXPECT_EQ(stats.unmarked, 1);
	EXPECT_EQ(stats.freed, 3);
}

/* Expect a heap of 1 to 64 blocks and a part of one, with its map behind it; or, when the
 * blocks are too large for that, the heap that an audit would take. */
static void expect_small(uint8_t *big, size_t room, size_t size, size_t align)
{
	const struct workload w = {.size = size, .align = align, .locks = 1};
	const size_t stride = (size + align - 1) & -align;
	const uintptr_t from = (uintptr_t)big + 4096;
	unsigned seen[65] = {0};
	uint64_t seed = 11;

	for (int i = 0; i < 6400; i++) {
		size_t heap = audit_prepare_small(&w, from, from + room, random64(&seed)) - from;

		EXPECT(heap >= stride && heap < 65 * stride);
		seen[heap / stride]++;
		EXPECT_EQ(audit_marked(), 0);
	}
	for (int blocks = 1; blocks <= 64; blocks++)
		EXPECT(seen[blocks] > 40);
}

static void test_small(void)
{
	uint8_t *big = aligned_alloc(4096, 80 * MIB);

	expect_small(big, 79 * MIB, 16, 16);
	expect_small(big, 79 * MIB, 1, 1);
	expect_small(big, 79 * MIB, 24, 64);
	expect_small(big, 79 * MIB, 65536, 4096);
	work = (struct workload){.size = 4 * MIB, .align = 1, .locks = 1};
	EXPECT(audit_prepare_small(&work, (uintptr_t)big, (uintptr_t)big + 79 * MIB, 5) <=
	       (uintptr_t)big + 79 * MIB);
	free(big);
}

int main(void)
{
	test_sound();
	test_granule();
	test_twice();
	test_overlap();
	test_words();
	test_misaligned();
	test_outside();
	test_map_is_beside_the_heap();
	test_prepare();
	test_small();
	test_back();
	test_too_large();
	test_two_at_once();
	return check_status();
}
