/* Tests sizes.c: the distributions are those that docs/use/workloads.md names. */
#include "bench/sizes.h"

#include "check.h"

enum { DRAWS = 640000 };

static uint64_t sum_of(enum sizes kind)
{
	uint64_t sum = 0;

	for (int i = 0; i < SIZES_ENTRIES; i++)
		sum += sizes_table[kind][i];
	return sum;
}

/* No size is 0, and the alignment of every kind divides all of them. */
static void test_tables(void)
{
	for (enum sizes kind = SIZES_SMALL; kind < SIZES_OBSERVED; kind++)
		for (int i = 0; i < SIZES_ENTRIES; i++) {
			EXPECT(sizes_table[kind][i] != 0);
			EXPECT_EQ(sizes_table[kind][i] % sizes_unit(kind), 0);
			EXPECT(sizes_table[kind][i] <= sizes_largest(kind));
		}
	EXPECT_EQ(sizes_unit(SIZES_SMALL), 16);
	EXPECT_EQ(sizes_unit(SIZES_PAGES), 4096);
	EXPECT_EQ(sizes_unit(SIZES_MIXED), 16);
	EXPECT_EQ(sizes_largest(SIZES_SMALL), 256);
	EXPECT_EQ(sizes_largest(SIZES_PAGES), 65536);
	EXPECT_EQ(sizes_largest(SIZES_MIXED), 4096);
	EXPECT_EQ(sum_of(SIZES_SMALL) * 10, 64 * 485);
	EXPECT_EQ(sum_of(SIZES_PAGES), 64 * 6144);
	EXPECT_EQ(sum_of(SIZES_MIXED) * 10, 64 * 3015);
}

/* Each entry is drawn as often as the others: the mean of many is the table's. */
static void test_draw(void)
{
	for (enum sizes kind = SIZES_SMALL; kind < SIZES_OBSERVED; kind++) {
		uint64_t random = 99, sum = 0, largest = 0, mean = sum_of(kind) * DRAWS / 64;

		for (int i = 0; i < DRAWS; i++) {
			size_t size = sizes_draw(kind, &random);

			sum += size;
			largest += size == sizes_largest(kind);
		}
		EXPECT(sum > mean - mean / 50 && sum < mean + mean / 50);
		EXPECT(largest > 0 && largest < DRAWS / 8);
	}
}

int main(void)
{
	test_tables();
	test_draw();
	return check_status();
}
