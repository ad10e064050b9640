/* Tests load.c: which workloads need the loaded loop, and where a random placement is. */
#include "bench/load.h"

#include "check.h"
#include "random.h"

static bool wanted(const struct workload *work)
{
	static struct plan plan;

	plan.work = *work;
	return load_wanted(&plan);
}

static void test_wanted(void)
{
	static const struct workload plain[] = {
		{0},
		{.size = 1, .align = 4096, .batch = 9, .clusters = 2},
		{.hold = 5, .think = 6, .think_range = 7, .interrupt_length = 8, .offset = 64},
	};
	static const struct workload loaded[] = {
		{.sizes = SIZES_MIXED},
		{.touch = 1},
		{.placement = PLACEMENT_PACKED},
		{.placement = PLACEMENT_RANDOM},
		{.rate = 1},
		{.interrupt_us = 10},
		{.irq_off = true},
		{.ipi_us = 10},
		{.churn_us = 10},
	};
	static struct plan plan;

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		EXPECT(!wanted(&plain[i]));
	for (size_t i = 0; i < sizeof(loaded) / sizeof(*loaded); i++)
		EXPECT(wanted(&loaded[i]));
	plan.exhaust = 1;
	EXPECT(load_wanted(&plan));
}

/* Each multiple of 8 below 4096 is drawn about as often as the others. */
static void test_offset(void)
{
	struct workload random = {.placement = PLACEMENT_RANDOM};
	unsigned seen[PLACEMENT_SPAN / 8] = {0};
	uint64_t seed = 3;

	for (int i = 0; i < 100 * PLACEMENT_SPAN / 8; i++) {
		uint32_t at = load_offset(&random, random64(&seed));

		EXPECT(at % 8 == 0 && at < PLACEMENT_SPAN);
		seen[at / 8]++;
	}
	for (int i = 0; i < PLACEMENT_SPAN / 8; i++)
		EXPECT(seen[i] > 50 && seen[i] < 160);
	EXPECT_EQ(load_offset(&(struct workload){.placement = PLACEMENT_PACKED}, ~0ull), 0);
	EXPECT_EQ(load_offset(&(struct workload){0}, ~0ull), 0);
}

static void test_lines(void)
{
	aptr_store_relaxed(&load_lines[0].word, 5);
	aptr_store_relaxed(&load_lines[TOUCH_MAX - 1].word, 7);
	EXPECT_EQ(load_lines_sum(), 12);
	EXPECT((uintptr_t)&load_lines[1] - (uintptr_t)&load_lines[0] == LINE);
	load_lines_clear();
	EXPECT_EQ(load_lines_sum(), 0);
}

int main(void)
{
	test_wanted();
	test_offset();
	test_lines();
	return check_status();
}
