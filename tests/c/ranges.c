/* Tests ranges.c: by cases, and against a bitmap of a small space. */
#include "kernel/ranges.h"

#include "check.h"
#include "random.h"

static struct ranges set;

static void expect_set(unsigned count, const struct range *at)
{
	if (!EXPECT_EQ(set.count, count))
		return;
	for (unsigned i = 0; i < count; i++) {
		EXPECT_EQ(set.at[i].base, at[i].base);
		EXPECT_EQ(set.at[i].size, at[i].size);
	}
}

static void test_add(void)
{
	set = (struct ranges){0};
	EXPECT(ranges_add(&set, 0x2000, 0x1000) && ranges_add(&set, 0x9000, 0));
	expect_set(1, (struct range[]){{0x2000, 0x1000}});
	EXPECT(ranges_add(&set, 0x5000, 0x1000) && ranges_add(&set, 0, 1));
	expect_set(3, (struct range[]){{0, 1}, {0x2000, 0x1000}, {0x5000, 0x1000}});
	EXPECT(ranges_add(&set, 0x3000, 0x2000)); /* it fills the gap */
	expect_set(2, (struct range[]){{0, 1}, {0x2000, 0x4000}});
	EXPECT(ranges_add(&set, 0x2100, 0x10)); /* it was there */
	expect_set(2, (struct range[]){{0, 1}, {0x2000, 0x4000}});
	EXPECT(ranges_add(&set, UINT64_MAX, 1) && ranges_add(&set, -0x10ull, UINT64_MAX));
	expect_set(3, (struct range[]){{0, 1}, {0x2000, 0x4000}, {-0x10ull, 0x10}});
	EXPECT(ranges_add(&set, 1, UINT64_MAX)); /* cut off, and then all there is */
	expect_set(1, (struct range[]){{0, UINT64_MAX}});
}

static void test_full(void)
{
	set = (struct ranges){0};
	for (unsigned i = 0; i < MAX_RANGES; i++)
		EXPECT(ranges_add(&set, i * 0x10, 8));
	EXPECT(!ranges_add(&set, MAX_RANGES * 0x10, 8));
	EXPECT_EQ(set.count, MAX_RANGES);
	EXPECT(ranges_add(&set, 8, 8)); /* it joins two, and makes room */
	EXPECT_EQ(set.count, MAX_RANGES - 1);
	EXPECT(ranges_add(&set, MAX_RANGES * 0x10, 8));
}

static void test_ends(void)
{
	set = (struct ranges){3, {{0x1000, 0x1000}, {0x3000, 0x10}, {-0x10ull, 0x10}}};
	EXPECT(ranges_cover(&set, 0x1000, 0x1000) && ranges_cover(&set, 0x1fff, 1));
	EXPECT(ranges_cover(&set, 0x2000, 0) && ranges_cover(&set, -0x10ull, 0x10));
	EXPECT(!ranges_cover(&set, 0x1000, 0x1001) && !ranges_cover(&set, 0xfff, 1));
	EXPECT(!ranges_cover(&set, 0x1800, UINT64_MAX) && !ranges_cover(&set, -0x10ull, 0x11));
	EXPECT(!ranges_cover(&set, -1ull, 2) && !ranges_cover(&set, 0x2000, 1));
	EXPECT(ranges_meet(&set, 0x300f, 1) && ranges_meet(&set, 0, UINT64_MAX));
	EXPECT(ranges_meet(&set, UINT64_MAX, 1) && ranges_meet(&set, 0xfff, 2));
	EXPECT(!ranges_meet(&set, 0x3010, 0x1000) && !ranges_meet(&set, 0x1800, 0));
	EXPECT(!ranges_meet(&set, 0x2000, 0x1000));
}

static void expect_gap(uint64_t base, uint64_t size, uint64_t gap_base, uint64_t gap_size)
{
	struct range r = ranges_largest_gap(&set, base, size);

	EXPECT_EQ(r.size, gap_size);
	if (gap_size != 0)
		EXPECT_EQ(r.base, gap_base);
}

static void test_gap(void)
{
	set = (struct ranges){3, {{0x2000, 0x1000}, {0x4000, 0x4000}, {-0x1000ull, 0x1000}}};
	expect_gap(0, 0x2000, 0, 0x2000);
	expect_gap(0, 0x2001, 0, 0x2000);
	expect_gap(0x1800, 0x1000, 0x1800, 0x800);
	expect_gap(0x2800, 0x1000, 0x3000, 0x800);
	expect_gap(0x2000, 0x1000, 0, 0);
	expect_gap(0x2100, 0x10, 0, 0);
	expect_gap(0x1000, 0x3000, 0x1000, 0x1000); /* the first of two */
	expect_gap(0, 0x10000, 0x8000, 0x8000);
	expect_gap(0x4800, 0x3900, 0x8000, 0x100);
	expect_gap(-0x2000ull, 0x1fff, -0x2000ull, 0x1000);
	set.count = 0;
	expect_gap(0x5000, 0x10, 0x5000, 0x10);
}

enum { SPACE = 256 };
static bool in_set[SPACE];

/* How many of [base, base + size) are in the set? */
static unsigned taken(unsigned base, unsigned size)
{
	unsigned n = 0;

	for (unsigned i = base; i < base + size && i < SPACE; i++)
		n += in_set[i];
	return n;
}

static unsigned largest_run(unsigned base, unsigned size)
{
	unsigned best = 0;

	for (unsigned i = base, run = 0; i < base + size; i++) {
		run = in_set[i] ? 0 : run + 1;
		best = run > best ? run : best;
	}
	return best;
}

static void check_against_bitmap(unsigned base, unsigned size)
{
	struct range gap = ranges_largest_gap(&set, base, size);

	EXPECT_EQ(ranges_cover(&set, base, size), taken(base, size) == size);
	EXPECT_EQ(ranges_meet(&set, base, size), taken(base, size) != 0);
	EXPECT_EQ(gap.size, largest_run(base, size));
	EXPECT(gap.size == 0 || taken((unsigned)gap.base, (unsigned)gap.size) == 0);
	for (unsigned i = 1; i < set.count; i++)
		EXPECT(set.at[i - 1].base + set.at[i - 1].size < set.at[i].base);
}

static void test_random(void)
{
	uint64_t seed = 5;

	for (int times = 0; times < 2000; times++) {
		set = (struct ranges){0};
		memset(in_set, 0, sizeof(in_set));
		for (unsigned adds = random_below(&seed, 20); adds > 0; adds--) {
			unsigned base = random_below(&seed, SPACE), size = random_below(&seed, 20);

			size = base + size > SPACE ? SPACE - base : size;
			EXPECT(ranges_add(&set, base, size));
			memset(in_set + base, 1, size);
		}
		for (int asks = 0; asks < 20; asks++) {
			unsigned base = random_below(&seed, SPACE);

			check_against_bitmap(base, random_below(&seed, SPACE - base));
		}
	}
}

int main(void)
{
	test_add();
	test_full();
	test_ends();
	test_gap();
	test_random();
	return check_status();
}
