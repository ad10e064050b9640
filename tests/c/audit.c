/* audit.c on hand-outs made by the allocator itself, and on ones that are wrong. */
#include "bench/audit.h"

#include <stdlib.h>

#include "alloc/bump.h"
#include "check.h"
#include "random.h"

enum { MIB = 1 << 20, ROOM = 4096, HARTS = 3, MOST_HARTS = 64, CANARY = 0xc5 };

/* A page-aligned heap between canaries. */
static uint8_t memory[3 * ROOM] __attribute__((aligned(ROOM)));
static const uintptr_t start = (uintptr_t)memory + ROOM, end = (uintptr_t)memory + 2 * ROOM;

static struct slot slots[MOST_HARTS];
static struct workload work;
static struct bump heap;
static uint64_t ops[MOST_HARTS];

static void begin_at(uintptr_t from, uintptr_t to, size_t size, size_t align)
{
	work = (struct workload){.size = size, .align = align};
	memset(slots, 0, sizeof(slots));
	memset(ops, 0, sizeof(ops));
	for (unsigned i = 0; i < MOST_HARTS; i++)
		slots[i].index = i;
	bump_init(&heap, from, audit_prepare(&work, from, to));
}

static void begin(size_t size, size_t align)
{
	memset(memory, CANARY, sizeof(memory));
	begin_at(start, end, size, align);
}

static void *take(void)
{
	return bump_alloc(&heap, work.size, work.align);
}

static void tag(unsigned hart, void *block)
{
	ops[hart]++;
	audit_tag(&work, &slots[hart], block);
}

static struct audit walk(void)
{
	return audit_walk(&work, slots, HARTS, bump_used(&heap));
}

static uint64_t total_found(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < MOST_HARTS; i++)
		sum += slots[i].found;
	return sum;
}

static void expect_outside_untouched(void)
{
	for (size_t i = 0; i < ROOM; i++)
		EXPECT(memory[i] == CANARY && memory[2 * ROOM + i] == CANARY);
}

static void expect_strays(unsigned hart, uint64_t misaligned, uint64_t outside,
			  uint64_t off_lattice)
{
	EXPECT_EQ(slots[hart].misaligned, misaligned);
	EXPECT_EQ(slots[hart].outside, outside);
	EXPECT_EQ(slots[hart].off_lattice, off_lattice);
}

/* Every block went out once, to whom counted it, and lies where it may. */
static void expect_sound(unsigned harts, uint64_t blocks)
{
	struct audit a = audit_walk(&work, slots, harts, bump_used(&heap));

	EXPECT_EQ(a.blocks, blocks);
	EXPECT_EQ(a.untagged, 0);
	EXPECT_EQ(a.torn, 0);
	for (unsigned i = 0; i < harts; i++) {
		EXPECT_EQ(slots[i].found, ops[i]);
		expect_strays(i, 0, 0, 0);
	}
}

static void hand_out(uintptr_t from, uintptr_t to, size_t size, size_t align, uint64_t *seed)
{
	unsigned harts = 1 + (unsigned)random_below(seed, MOST_HARTS);
	uint64_t blocks = 0, most = 1 + random_below(seed, 2 * ROOM);
	void *block;

	begin_at(from, to, size, align);
	while (blocks < most && (block = take()) != NULL) {
		tag((unsigned)random_below(seed, harts), block);
		blocks++;
	}
	expect_sound(harts, blocks);
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

static void test_none(void)
{
	begin(16, 16);
	EXPECT_EQ(walk().blocks, 0);
	begin_at(start + 1, start + 1, 16, 16);
	EXPECT(take() == NULL);
	EXPECT_EQ(walk().blocks, 0);
}

static void test_twice(void)
{
	struct audit a;
	void *block;

	begin(24, 8);
	tag(0, take());
	block = take();
	tag(1, block);
	tag(2, block); /* the same */
	a = walk();
	EXPECT_EQ(a.blocks, 2);
	EXPECT_EQ(a.untagged + a.torn, 0);
	EXPECT_EQ(total_found(), 2); /* of 3 operations */
	EXPECT_EQ(slots[1].found, 0);
	EXPECT_EQ(slots[2].found, 1);
}

static void test_lost(void)
{
	struct audit a;

	begin(24, 8);
	tag(0, take());
	take(); /* nobody's */
	tag(1, take());
	a = walk();
	EXPECT_EQ(a.blocks, 3);
	EXPECT_EQ(a.untagged, 1);
	EXPECT_EQ(a.torn, 0);
	EXPECT_EQ(total_found(), 2);
}

/* `next` went back: what was handed out behind it is not found. */
static void test_went_back(void)
{
	begin(16, 16);
	for (int i = 0; i < 10; i++)
		tag(0, take());
	heap.next -= 64;
	EXPECT_EQ(walk().blocks, 6);
	EXPECT_EQ(slots[0].found, 6);
}

static void test_stray_owner(void)
{
	struct audit a;

	begin(16, 16);
	tag(HARTS, take()); /* not one of the harts */
	a = walk();
	EXPECT_EQ(a.untagged, 1);
	EXPECT_EQ(total_found(), 0);
}

static void test_off_lattice(void)
{
	begin(24, 16); /* 32 bytes from point to point */
	tag(0, (void *)start);
	tag(1, (void *)(start + 48));
	tag(2, (void *)(start + 64));
	expect_strays(0, 0, 0, 0);
	expect_strays(1, 0, 0, 1);
	expect_strays(2, 0, 0, 0);
}

static void test_misaligned(void)
{
	begin(16, 16);
	tag(1, (void *)(start + 17));
	expect_strays(1, 1, 0, 1);

	begin_at(start + 1, end, 16, 16); /* before the first point */
	tag(2, (void *)(start + 8));
	EXPECT_EQ(slots[2].misaligned, 1);
	expect_outside_untouched();
}

static void test_outside(void)
{
	begin(32, 16);
	tag(0, (void *)(start - 16));
	tag(0, (void *)end);
	tag(0, (void *)(end + 32));
	tag(0, (void *)(end - 16)); /* half of it */
	tag(0, (void *)0);
	tag(0, (void *)-16ul);
	expect_strays(0, 0, 6, 0);
	expect_outside_untouched();
	tag(1, (void *)(end - 32)); /* just inside */
	expect_strays(1, 0, 0, 0);
}

static void test_torn(void)
{
	uint8_t *block;
	struct audit a;

	begin(16, 16);
	block = take();
	tag(0, block);
	tag(1, block + 15); /* overlaps the last byte */
	a = walk();
	EXPECT_EQ(a.torn, 1);
	EXPECT_EQ(a.untagged, 0);
	EXPECT_EQ(slots[0].found, 0);
	expect_strays(1, 1, 0, 1);
}

/* `used` is what the strategy says, and it may be wrong. */
static void test_wrong_used(void)
{
	void *block;

	begin(16, 16);
	while ((block = take()) != NULL)
		tag(0, block);
	EXPECT_EQ(audit_walk(&work, slots, HARTS, SIZE_MAX).blocks, ROOM / 16);
	EXPECT_EQ(audit_walk(&work, slots, HARTS, ROOM + 1).blocks, ROOM / 16);
	EXPECT_EQ(audit_walk(&work, slots, HARTS, 31).blocks, 1); /* one, and a part */
	EXPECT_EQ(audit_walk(&work, slots, HARTS, 15).blocks, 0);
	EXPECT_EQ(audit_walk(&work, slots, HARTS, 0).blocks, 0);
}

/* The audit takes what it must, within what there is; and it empties that. */
static void expect_prepared(uint8_t *big, size_t room, size_t size, size_t align, size_t expected)
{
	struct workload w = {.size = size, .align = align};
	uintptr_t from = (uintptr_t)big;

	big[0] = CANARY;
	if (expected > 0)
		big[expected - 1] = CANARY;
	big[expected] = CANARY;
	EXPECT_EQ(audit_prepare(&w, from, from + room) - from, expected);
	if (expected > 0)
		EXPECT(big[0] == 0 && big[expected - 1] == 0);
	EXPECT(big[expected] == CANARY);
}

static void test_prepare(void)
{
	uint8_t *big = calloc(80, MIB);

	expect_prepared(big, 79 * MIB, 16, 16, 16 * MIB);
	expect_prepared(big, 79 * MIB, 1, 1, 16 * MIB);
	expect_prepared(big, MIB, 16, 16, MIB);
	expect_prepared(big, 0, 16, 16, 0);
	expect_prepared(big, 79 * MIB, MIB, 16, 64 * MIB);
	expect_prepared(big, 32 * MIB, MIB, 16, 32 * MIB);
	expect_prepared(big, 32 * MIB, 16, MIB, 32 * MIB);
	expect_prepared(big, 79 * MIB, 70 * MIB, 16, 79 * MIB);
	expect_prepared(big, MIB, 16, 1ull << 63, MIB);
	expect_prepared(big, MIB, SIZE_MAX, 1, MIB);
	expect_prepared(big, MIB, SIZE_MAX, 16, MIB);
	free(big);
}

/* What does not fit at all is neither handed out nor found. */
static void test_too_large(void)
{
	static const struct workload large[] = {
		{.size = ROOM + 1, .align = 1},    {.size = SIZE_MAX, .align = 1},
		{.size = SIZE_MAX, .align = 16},   {.size = SIZE_MAX - 7, .align = 1ull << 63},
		{.size = 16, .align = 1ull << 63},
	};

	for (size_t i = 0; i < sizeof(large) / sizeof(*large); i++) {
		begin(large[i].size, large[i].align);
		EXPECT(take() == NULL);
		EXPECT_EQ(walk().blocks, 0);
		EXPECT_EQ(audit_walk(&work, slots, HARTS, SIZE_MAX).blocks, 0);
	}
}

int main(void)
{
	test_sound();
	test_none();
	test_twice();
	test_lost();
	test_went_back();
	test_stray_owner();
	test_off_lattice();
	test_misaligned();
	test_outside();
	test_torn();
	test_wrong_used();
	test_prepare();
	test_too_large();
	return check_status();
}
