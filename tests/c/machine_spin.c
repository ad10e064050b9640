/* Tests the store buffer, results that come late, and that a hart which sleeps through a spin loop
 * wakes when one that executes the loop would see the change. */
#include "../../machine/results.h"
#include "../../machine/spin.h"
#include "../../model/store_buffer.h"
#include "check.h"

enum { FLAG = 7, OTHER = 8, PC = 0x1000, LENGTH = 34, OFFSET = 12 };

static uint64_t x[32]; /* the hart's registers */

/* Play one round of `while (flag) pause;`, begun at `clock`. Returns true when the hart may
 * sleep. */
static bool round_at(struct spin *s, uint64_t clock)
{
	spin_load(s, FLAG, clock + OFFSET);
	return spin_jump(s, PC, x, clock + LENGTH);
}

static void buffered_stores(void)
{
	struct store_buffer s;

	store_buffer_reset(&s, 2, 1);
	EXPECT(store_buffer_admit(&s, 10) == 10 && store_buffer_request(&s, 10) == 10);
	store_buffer_put(&s, FLAG, 36);
	EXPECT(store_buffer_admit(&s, 11) == 11 &&
	       store_buffer_request(&s, 11) == 36); /* in order */
	store_buffer_put(&s, FLAG, 62);
	EXPECT(store_buffer_admit(&s, 12) == 36); /* full until the first is out */
	store_buffer_reset(&s, 0, 1);
	store_buffer_put(&s, FLAG, 36);
	EXPECT(store_buffer_admit(&s, 12) == 12);
}

/* Two stores wait for their lines at once, but for a fence between them. */
static void overlapping_stores(void)
{
	struct store_buffer s;

	store_buffer_reset(&s, 8, 2);
	store_buffer_put(&s, FLAG, 36);
	EXPECT(store_buffer_request(&s, 10) == 10);
	store_buffer_put(&s, FLAG, 30); /* a hit behind a miss */
	EXPECT(store_buffer_request(&s, 10) == 36);
	EXPECT(store_buffer_empty(&s, 10) == 36);
	EXPECT(store_buffer_has_line(&s, FLAG, 10) == 36 &&
	       store_buffer_has_line(&s, OTHER, 10) == 10);
	store_buffer_put(&s, FLAG, 62);
	EXPECT(store_buffer_request(&s, 10) == 30);
	store_buffer_fence(&s);
	EXPECT(store_buffer_request(&s, 10) == 62 && store_buffer_empty(&s, 70) == 70);
}

/* A hart waits for the registers that it uses, and for no other. */
static void late_results(void)
{
	struct results r = {0};

	results_expect(&r, 0, 900); /* x0: nobody waits for it */
	EXPECT(r.late == 0);
	results_expect(&r, 10, 500);
	results_expect(&r, 11, 700);
	EXPECT(results_wait(&r, 1 << 12, 100) == 100);
	EXPECT(!results_have_come(&r, 500) && r.late == 1 << 11);
	results_expect(&r, 10, 800);
	EXPECT(results_wait(&r, 1 << 11 | 1 << 12, 100) == 700);
	EXPECT(results_wait(&r, 1 << 11, 100) == 100); /* it has come */
	EXPECT(results_wait(&r, ~0u, 900) == 900);
	EXPECT(results_have_come(&r, 0));
	results_expect_line(&r, FLAG, 600);
	EXPECT(results_wait_line(&r, FLAG, 100) == 600 && results_wait_line(&r, FLAG, 650) == 650);
	EXPECT(results_wait_line(&r, OTHER, 100) == 100);
}

/* Plays rounds until the hart sleeps. Returns how many, or 0 after `most` of them. */
static int rounds_to_sleep(struct spin *s, uint64_t clock, int most)
{
	for (int n = 1; n <= most; n++, clock += LENGTH)
		if (round_at(s, clock))
			return n;
	return 0;
}

static void falls_asleep(void)
{
	struct spin s = {0};

	spin_reset(&s);
	EXPECT(rounds_to_sleep(&s, 1000, 10) == 2); /* the first shows the registers */
	spin_reset(&s);
	EXPECT(rounds_to_sleep(&s, 5000, 10) > 0);
	spin_disturb(&s);
	EXPECT(!round_at(&s, s.begin));
}

/* A loop that counts is none that only waits, whichever register it counts in. */
static void counts(void)
{
	for (int reg = 1; reg < 32; reg++) {
		struct spin s = {0};
		uint64_t clock = 1000;

		spin_reset(&s);
		for (int n = 0; n < 20; n++, clock += LENGTH) {
			EXPECT(!round_at(&s, clock));
			x[reg]++;
		}
		EXPECT(rounds_to_sleep(&s, clock, 10) > 0); /* and then it stops counting */
	}
}

/* Two registers that take turns never stand still both. */
static void counts_in_two(void)
{
	struct spin s = {0};
	uint64_t clock = 1000;

	spin_reset(&s);
	for (int n = 0; n < 20; n++, clock += LENGTH) {
		x[5 + n % 2]++;
		EXPECT(!round_at(&s, clock));
	}
}

static void another_jump_is_another_loop(void)
{
	struct spin s = {0};
	uint64_t clock = 1000;

	spin_reset(&s);
	for (int n = 0; n < 10; n++, clock += LENGTH) {
		spin_load(&s, FLAG, clock + OFFSET);
		EXPECT(!spin_jump(&s, PC + 4 * (n % 2), x, clock + LENGTH));
	}
}

static void too_many_loads(void)
{
	struct spin s = {0};
	uint64_t clock = 1000;

	spin_reset(&s);
	for (int n = 0; n < 10; n++, clock += 100) {
		for (int i = 0; i <= SPIN_LOADS; i++)
			spin_load(&s, FLAG + (uint64_t)i, clock + (uint64_t)i);
		EXPECT(!spin_jump(&s, PC, x, clock + 100));
	}
}

/* Returns when a hart that executes the loop sees the write: its first load at or after the
 * write, or behind it in the order, misses. */
static uint64_t lived(uint64_t begin, uint64_t clock, bool first)
{
	while (begin + OFFSET < clock || (begin + OFFSET == clock && first))
		begin += LENGTH;
	return begin;
}

static void wakes_where_it_would_be(void)
{
	struct spin s = {0};

	spin_reset(&s);
	EXPECT(rounds_to_sleep(&s, 1000, 10) > 0);
	EXPECT(spin_watches(&s, FLAG) && !spin_watches(&s, OTHER));
	for (uint64_t clock = 900; clock < 1400; clock++)
		for (int first = 0; first < 2; first++)
			EXPECT(spin_wake(&s, FLAG, clock, first) == lived(s.begin, clock, first));
	EXPECT(spin_round_from(&s, s.begin) == s.begin);
	EXPECT(spin_round_from(&s, s.begin + 1) == s.begin + LENGTH);
}

/* A stalled hart goes on when its line is taken, not a round later. */
static void stalls(void)
{
	struct spin s = {0};

	spin_reset(&s);
	spin_stall(&s, FLAG, 1010);
	EXPECT(spin_watches(&s, FLAG) && !spin_watches(&s, OTHER));
	EXPECT(spin_wake(&s, FLAG, 1003, false) == 1010); /* taken by one that is behind */
	EXPECT(spin_wake(&s, FLAG, 1234, false) == 1234);
	EXPECT(spin_wake(&s, FLAG, 1234, true) == 1235); /* it still had it at 1234 */
}

int main(void)
{
	buffered_stores();
	overlapping_stores();
	late_results();
	falls_asleep();
	counts();
	counts_in_two();
	another_jump_is_another_loop();
	too_many_loads();
	wakes_where_it_would_be();
	stalls();
	return check_status();
}
