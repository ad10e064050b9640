#include "bench/window.h"

#include "bench/port.h"
#include "check.h"

enum { HARTS = 3, SLOTS = 4, HZ = 10000000, SLOW = HZ / 20000 };

static struct hart_stats stats[SLOTS];
static uint64_t now, step; /* each look at the clock costs `step` ticks */
static unsigned looks;
static unsigned slow_looks; /* the last look that costs ten times SLOW instead */

uint64_t fake_time(void)
{
	now += ++looks <= slow_looks ? SLOW * 10 : step;
	if (slow_looks != 0)
		aptr_store_relaxed(&stats[0].ops, looks);
	return now;
}

uint64_t port_time_hz(void)
{
	return HZ;
}

/* This port cannot take samples at an exact time. */
bool port_sample(unsigned which, const struct port_sample *what)
{
	(void)which;
	(void)what;
	return false;
}

static void set_ops(uint64_t base)
{
	for (unsigned i = 0; i < SLOTS; i++)
		aptr_store_relaxed(&stats[i].ops, base + i);
}

static void fresh(void)
{
	now = 1000;
	step = 1;
	looks = slow_looks = 0;
	memset(stats, 0, sizeof(stats));
	window.open_time = window.close_time = 77;
	window.ended = ENDED_HEAP;
	window_reset(stats, HARTS);
}

static void test_arrange_without_a_place_that_can(void)
{
	fresh();
	EXPECT(!window_arrange(100, 200));
	EXPECT_EQ(window_phase(), WARMUP);
}

static void test_reset(void)
{
	fresh();
	EXPECT_EQ(window_phase(), WARMUP);
	EXPECT_EQ(window.open_time, 0);
	EXPECT_EQ(window.close_time, 0);
	EXPECT_EQ(window.ended, ENDED_TIME);
	EXPECT_EQ(window.harts, HARTS);
}

static void test_open_and_close(void)
{
	fresh();
	set_ops(100);
	window_open();
	EXPECT_EQ(window_phase(), MEASURE);
	EXPECT(window.open_time > 1000 && window.open_time <= now);
	set_ops(500);
	now = 5000;
	window_close(ENDED_TIME);
	EXPECT_EQ(window_phase(), STOP);
	EXPECT_EQ(window.ended, ENDED_TIME);
	EXPECT_EQ(window.close_time, 5001);
	for (unsigned i = 0; i < HARTS; i++) {
		EXPECT_EQ(stats[i].ops_open, 100 + i);
		EXPECT_EQ(stats[i].ops_close, 500 + i);
	}
	EXPECT_EQ(stats[HARTS].ops_open, 0); /* takes no part */
	EXPECT_EQ(stats[HARTS].ops_close, 0);
}

static void test_first_close_counts(void)
{
	fresh();
	window_open();
	set_ops(10);
	now = 2000;
	window_close(ENDED_HEAP);
	set_ops(20);
	now = 3000;
	window_close(ENDED_TIME);
	EXPECT_EQ(window_phase(), STOP);
	EXPECT_EQ(window.ended, ENDED_HEAP);
	EXPECT_EQ(window.close_time, 2001);
	EXPECT_EQ(stats[2].ops_close, 12);
}

/* Several harts may keep the time. The first one opens the window, and the others change nothing.
 */
static void test_others_may_keep_the_time(void)
{
	uint64_t opened;

	fresh();
	EXPECT(!window_is_over(0)); /* it is not open */
	set_ops(10);
	window_open();
	opened = window.open_time;
	set_ops(20);
	window_open();
	EXPECT_EQ(window.open_time, opened);
	EXPECT_EQ(stats[0].ops_open, 10);
	now = opened + 98;
	EXPECT(!window_is_over(100));
	EXPECT(window_is_over(100));
	window_close(ENDED_TIME);
	EXPECT(!window_is_over(100));
	window_reset(stats, HARTS);
	window_open();
	EXPECT_EQ(window_phase(), MEASURE);
}

/* The heap may end during the warm-up: then the window never opens. */
static void test_closed_before_open(void)
{
	fresh();
	set_ops(30);
	window_close(ENDED_HEAP);
	EXPECT_EQ(window.open_time, 0);
	EXPECT_EQ(window.close_time, 1001);
	EXPECT_EQ(stats[1].ops_close, 31);
	window_open();
	EXPECT_EQ(window_phase(), STOP);
	EXPECT_EQ(window.open_time, 0);
	EXPECT_EQ(window.ended, ENDED_HEAP);
	window_close(ENDED_TIME);
	EXPECT_EQ(window.ended, ENDED_HEAP);
	window_reset(stats, 1);
	EXPECT_EQ(window_phase(), WARMUP);
	EXPECT_EQ(window.harts, 1);
}

static void test_count_again(void)
{
	fresh();
	step = SLOW; /* just fast enough */
	window_open();
	EXPECT_EQ(looks, 2);
	EXPECT_EQ(window.open_time, now);

	fresh();
	step = SLOW + 1; /* never fast enough: it gives up and opens */
	window_open();
	EXPECT_EQ(window_phase(), MEASURE);
	EXPECT_EQ(looks, 16);
	EXPECT_EQ(window.open_time, now);

	fresh();
	slow_looks = 4;
	window_open();
	EXPECT_EQ(looks, 6);
	EXPECT_EQ(window.open_time, now);
	EXPECT_EQ(stats[0].ops_open, 5); /* the last count, between looks 5 and 6 */
}

int main(void)
{
	test_reset();
	test_arrange_without_a_place_that_can();
	test_open_and_close();
	test_first_close_counts();
	test_others_may_keep_the_time();
	test_closed_before_open();
	test_count_again();
	return check_status();
}
