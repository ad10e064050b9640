/* Tests bench/stock.h: how many blocks a hart has, how often it turns from allocating to freeing,
 * and how many of the blocks that it frees another hart has allocated. */
#include "bench/stock.h"

#include "check.h"

enum { HARTS = 2, OPERATIONS = 20000, LIVE = 8 };

struct window window = {.harts = HARTS};

static struct workload work = {.live = LIVE};
static char blocks[HARTS][OPERATIONS]; /* block n of a hart */

/* The counts of all harts. */
static struct {
	unsigned long frees, foreign, turns;
	unsigned most; /* blocks that a hart had */
} got;

static bool is_block_of(unsigned hart, const void *block)
{
	uintptr_t at = (uintptr_t)block - (uintptr_t)blocks[hart];

	return at < OPERATIONS;
}

/* Does an operation of a hart, of which it is number `n`. */
static void operate(unsigned hart, unsigned n, uint64_t *random)
{
	struct stock *s = &stocks[hart];
	bool freed = s->freeing;

	stock_choose(s, &work, random);
	got.turns += s->freeing != freed;
	if (s->leaving == NULL) {
		stock_put(s, &blocks[hart][n], 1);
	} else {
		got.frees++;
		got.foreign += !is_block_of(hart, s->leaving);
	}
	got.most = s->count > got.most ? s->count : got.most;
}

static void play(uint64_t burst, uint64_t remote)
{
	uint64_t random = 5;

	work.burst = burst;
	work.remote = remote;
	memset(&got, 0, sizeof(got));
	stocks_clear();
	for (unsigned n = 0; n < OPERATIONS; n++)
		for (unsigned hart = 0; hart < HARTS; hart++)
			operate(hart, n, &random);
}

/* Expects that so many of a thousand frees are of another hart's block, about. */
static void expect_foreign(unsigned least, unsigned most)
{
	unsigned long share = 1000 * got.foreign / got.frees;

	EXPECT(got.frees > OPERATIONS / 2);
	if (!EXPECT(share >= least && share <= most))
		fprintf(stderr, "%lu of a thousand\n", share);
}

/* A block that is left for another hart lies at one of two places: in half of the cases it is
 * another's that lay there. */
static void test_as_many_are_left_for_others_as_was_asked_for(void)
{
	play(2, 0);
	expect_foreign(0, 0);
	play(2, 30);
	expect_foreign(130, 170);
	play(2, 100);
	expect_foreign(450, 650);
}

static void test_a_hart_has_no_more_blocks_than_it_may(void)
{
	play(2, 0);
	EXPECT_EQ(got.most, LIVE);
	play(64, 50);
	EXPECT_EQ(got.most, LIVE);
}

/* With a burst of 1 a hart turns each time; with a long one it turns where it has none or all. */
static void test_a_hart_turns_as_often_as_was_asked_for(void)
{
	play(1, 0);
	EXPECT(got.turns > HARTS * OPERATIONS * 9ul / 10);
	play(1000, 0);
	EXPECT(got.turns < HARTS * OPERATIONS / (LIVE - 1ul));
}

int main(void)
{
	test_as_many_are_left_for_others_as_was_asked_for();
	test_a_hart_has_no_more_blocks_than_it_may();
	test_a_hart_turns_as_often_as_was_asked_for();
	return check_status();
}
