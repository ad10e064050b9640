/* Tests many.c: where several locks lie, which one is drawn, and what is counted under each. */
#include "bench/many.h"

#include <stdlib.h>

#include "check.h"

enum { ROOM = 1 << 20, LOCK_BYTES = 72, DRAWS = 1 << 18, MOST = 300 };

static _Alignas(LINE) char memory[ROOM];
static struct many_place outer, inner;

/* Lays the locks out in `memory`, with the heap behind them. */
static struct workload begin(uint64_t locks, enum choose choose, enum placement placement,
			     uint64_t touch)
{
	struct workload work = {.size = 24,
				.align = 32,
				.locks = locks,
				.choose = choose,
				.placement = placement,
				.touch = touch};
	uintptr_t at = (uintptr_t)memory;
	uintptr_t heap = (at + many_bytes(&work, LOCK_BYTES) + 31) & -(uintptr_t)32;

	memset(memory, 0xa5, sizeof(memory));
	many_init(&work, LOCK_BYTES, at, heap, at + ROOM);
	return work;
}

/* No two locks share a line, their data follow, and heaps neither overlap nor reach into locks. */
static void expect_places(enum choose choose, enum placement placement, uint64_t touch)
{
	struct workload work = begin(5, choose, placement, touch);
	uintptr_t end = (uintptr_t)memory + many_bytes(&work, LOCK_BYTES), before = 0;
	uintptr_t used = end;

	for (uint32_t i = 0; i < work.locks; i++) {
		struct many_place p = many_place(i);
		uintptr_t lock = (uintptr_t)p.lock, data = (uintptr_t)p.data;

		EXPECT(lock % LINE == 0 && lock >= before && lock >= (uintptr_t)memory);
		EXPECT(data >= lock + LOCK_BYTES);
		EXPECT_EQ(data - lock, placement == PLACEMENT_PACKED ? LOCK_BYTES : 2 * LINE);
		EXPECT((uintptr_t)p.lines >= data + sizeof(*p.data));
		before = (uintptr_t)p.lines + touch * LINE;
		EXPECT(p.data->heap.start >= used && p.data->heap.start % 32 == 0);
		used = p.data->heap.end;
		EXPECT(p.data->heap.end - p.data->heap.start > ROOM / 5 / 2);
	}
	EXPECT(before <= end && used <= (uintptr_t)memory + ROOM);
}

static void test_places(void)
{
	expect_places(CHOOSE_EVEN, PLACEMENT_PADDED, 0);
	expect_places(CHOOSE_ZIPF, PLACEMENT_PADDED, 3);
	expect_places(CHOOSE_NESTED, PLACEMENT_PACKED, 0);
	expect_places(CHOOSE_EVEN, PLACEMENT_PACKED, 2);
}

static uint32_t index_of(struct many_place place)
{
	return (uint32_t)(((uintptr_t)place.lock - many.at) / many.stride);
}

/* Draws often. Returns how often each lock was the outer one. */
static unsigned *drawn(uint32_t locks, enum choose choose)
{
	static unsigned times[MOST];
	uint64_t random = 7;

	(void)begin(locks, choose, PLACEMENT_PADDED, 0);
	memset(times, 0, sizeof(times));
	for (unsigned i = 0; i < DRAWS; i++) {
		many_choose(&random, &outer, &inner);
		EXPECT(choose == CHOOSE_NESTED || outer.lock == inner.lock);
		times[index_of(outer)]++;
	}
	return times;
}

static void expect_near(unsigned times, double share)
{
	double mean = DRAWS * share;

	EXPECT(times > mean * 0.9 - 30 && times < mean * 1.1 + 30);
}

static void test_even(void)
{
	for (uint32_t locks = 2; locks < MOST; locks += 59) {
		const unsigned *times = drawn(locks, CHOOSE_EVEN);

		for (uint32_t i = 0; i < locks; i++)
			expect_near(times[i], 1.0 / locks);
	}
}

/* The k-th lock is drawn 1/k times as often as the first. */
static void test_zipf(void)
{
	for (uint32_t locks = 2; locks < MOST; locks += locks < 9 ? 1 : 97) {
		const unsigned *times = drawn(locks, CHOOSE_ZIPF);
		double all = 0;

		for (uint32_t i = 0; i < locks; i++)
			all += 1.0 / (i + 1);
		for (uint32_t i = 0; i < locks; i++)
			expect_near(times[i], 1.0 / (i + 1) / all);
	}
}

/* Each pair is drawn as often as the others, and always in the order of the locks. */
static void test_nested(void)
{
	enum { LOCKS = 6 };
	unsigned pairs[LOCKS][LOCKS] = {0};
	uint64_t random = 3;

	(void)begin(LOCKS, CHOOSE_NESTED, PLACEMENT_PADDED, 0);
	for (unsigned i = 0; i < DRAWS; i++) {
		many_choose(&random, &outer, &inner);
		pairs[index_of(outer)][index_of(inner)]++;
	}
	for (unsigned a = 0; a < LOCKS; a++)
		for (unsigned b = 0; b < LOCKS; b++)
			expect_near(pairs[a][b], a < b ? 1.0 / (LOCKS * (LOCKS - 1) / 2) : 0);
}

/* The counts are of all locks, and the bytes those up to a multiple of the alignment. */
static void test_counts(void)
{
	struct workload work = begin(3, CHOOSE_EVEN, PLACEMENT_PADDED, 2);
	uint64_t most;

	EXPECT_EQ(many_used(), 0);
	for (uint32_t i = 0; i < 3; i++)
		for (uint32_t k = 0; k <= i; k++) {
			struct many_place p = many_place(i);

			uint64_t sections = many_enter(&p);

			EXPECT((uintptr_t)many_alloc(&p, &work, work.size) ==
			       p.data->heap.start + k * 32);
			many_leave(&p, sections);
		}
	EXPECT_EQ(many_used(), 6 * 32);
	EXPECT_EQ(many_sections(&most), 6);
	EXPECT_EQ(most, 3);
	EXPECT_EQ(many_touched(), 6 * 2);
}

/* The largest table has no weight that is lost. */
static void test_largest(void)
{
	enum { LOCKS = 65536 };
	struct workload work = {.align = 16, .locks = LOCKS, .choose = CHOOSE_ZIPF};
	size_t bytes = many_bytes(&work, 8) + LOCKS * 16;
	char *room = aligned_alloc(LINE, bytes);
	unsigned first = 0, last = 0;
	uint64_t random = 11;

	many_init(&work, 8, (uintptr_t)room, (uintptr_t)room + bytes - LOCKS * 16,
		  (uintptr_t)room + bytes);
	for (unsigned i = 0; i < DRAWS; i++) {
		many_choose(&random, &outer, &inner);
		first += index_of(outer) == 0;
		last += index_of(outer) >= LOCKS / 2;
	}
	expect_near(first, 1 / 11.667);
	expect_near(last, 0.6931 / 11.667);
	free(room);
}

int main(void)
{
	test_places();
	test_even();
	test_zipf();
	test_nested();
	test_counts();
	test_largest();
	return check_status();
}
