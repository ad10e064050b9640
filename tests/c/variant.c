/* Tests variant.c: where a random placement is, and the lines that all harts write. */
#include "bench/variant.h"

#include "check.h"
#include "random.h"

/* Each multiple of 8 below 4096 is drawn about as often as the others. */
static void test_offset(void)
{
	struct workload random = {.placement = PLACEMENT_RANDOM};
	unsigned seen[PLACEMENT_SPAN / 8] = {0};
	uint64_t seed = 3;

	for (int i = 0; i < 100 * PLACEMENT_SPAN / 8; i++) {
		uint32_t at = placement_offset(&random, random64(&seed));

		EXPECT(at % 8 == 0 && at < PLACEMENT_SPAN);
		seen[at / 8]++;
	}
	for (int i = 0; i < PLACEMENT_SPAN / 8; i++)
		EXPECT(seen[i] > 50 && seen[i] < 160);
	EXPECT_EQ(placement_offset(&(struct workload){.placement = PLACEMENT_PACKED}, ~0ull), 0);
	EXPECT_EQ(placement_offset(&(struct workload){0}, ~0ull), 0);
}

static void test_lines(void)
{
	aptr_store_relaxed(&touch_lines[0].word, 5);
	aptr_store_relaxed(&touch_lines[MOST_touch - 1].word, 7);
	EXPECT_EQ(touch_lines_sum(), 12);
	EXPECT((uintptr_t)&touch_lines[1] - (uintptr_t)&touch_lines[0] == LINE);
	touch_lines_clear();
	EXPECT_EQ(touch_lines_sum(), 0);
}

int main(void)
{
	test_offset();
	test_lines();
	return check_status();
}
