/* Tests turns, the store buffer, and that a hart which sleeps through a spin loop wakes when
 * one that executes the loop would see the change. */
#include "../../model/schedule.h"
#include "../../model/spin.h"
#include "../../model/store_buffer.h"
#include "check.h"

static void turns(void)
{
	struct schedule s = {.harts = 4, .due = SCHEDULE_NEVER};

	EXPECT(schedule_next(&s) == SCHEDULE_NOBODY);
	for (unsigned h = 0; h < 4; h++) {
		s.state[h] = HART_RUNS;
		s.clock[h] = 100 - h % 2;
	}
	EXPECT(schedule_next(&s) == 1); /* 99, before hart 3 at 99 */
	schedule_limit(&s, 1);
	EXPECT(schedule_may_go_on(&s, 1));
	s.clock[1] = 100; /* after hart 3, before nobody else at 99 */
	EXPECT(!schedule_may_go_on(&s, 1));
	s.state[3] = HART_SLEEPS;
	EXPECT(schedule_next(&s) == 0);
	schedule_limit(&s, 0);
	EXPECT(schedule_may_go_on(&s, 0)); /* 100, and so has hart 1: lower index first */
	s.due = 100;
	schedule_limit(&s, 0);
	EXPECT(!schedule_may_go_on(&s, 0)); /* the sample comes first */
	EXPECT(schedule_sample_due(&s, 0));
	s.clock[0] = 99;
	EXPECT(!schedule_sample_due(&s, 0) && schedule_sample_due(&s, SCHEDULE_NOBODY));
}

static void reached(void)
{
	struct schedule s = {.harts = 4, .reached = {0, 0, SCHEDULE_NOBODY}};

	s.clock[2] = 50;
	schedule_reach(&s, 2);
	EXPECT(schedule_before_reached(&s, 1) && !schedule_before_reached(&s, 3));
	s.clock[2] = 40; /* behind its own store */
	schedule_reach(&s, 2);
	EXPECT(s.reached.clock == 50);
	s.clock[0] = 60;
	s.waited[0] = 20; /* it has waited since 40: it goes before a hart that comes at 60 */
	schedule_reach(&s, 0);
	EXPECT(!schedule_before_reached(&s, 1) && !schedule_before_reached(&s, 3));
	s.clock[1] = 60;
	EXPECT(turn_before(schedule_turn(&s, 0), schedule_turn(&s, 1)));
	s.waited[1] = 30;
	EXPECT(turn_before(schedule_turn(&s, 1), schedule_turn(&s, 0)));
}

static void buffered_stores(void)
{
	struct store_buffer s;

	store_buffer_reset(&s, 2);
	EXPECT(store_buffer_admit(&s, 10) == 10 && store_buffer_request(&s, 10) == 10);
	store_buffer_put(&s, 36);
	EXPECT(store_buffer_admit(&s, 11) == 11 &&
	       store_buffer_request(&s, 11) == 36); /* in order */
	store_buffer_put(&s, 62);
	EXPECT(store_buffer_admit(&s, 12) == 36); /* full until the first is out */
	store_buffer_reset(&s, 0);
	store_buffer_put(&s, 36);
	EXPECT(store_buffer_admit(&s, 12) == 12);
}

enum { FLAG = 7, OTHER = 8, PC = 0x1000, LOAD_PC = 0xff0, LENGTH = 34, OFFSET = 12 };

/* Play one round of `while (flag) pause;`, begun at `clock`. Returns true when the hart may
 * sleep. */
static bool round_at(struct spin *s, uint64_t clock)
{
	spin_load(s, LOAD_PC, FLAG, clock + OFFSET, 0);
	return spin_pause(s, PC, clock + LENGTH);
}

static void falls_asleep(void)
{
	struct spin s = {0};

	spin_reset(&s, 1000);
	EXPECT(!round_at(&s, 1000));
	EXPECT(round_at(&s, 1000 + LENGTH));
	spin_reset(&s, 5000);
	spin_disturb(&s);
	EXPECT(!round_at(&s, 5000));
	EXPECT(round_at(&s, 5000 + LENGTH)); /* known by now */
	spin_disturb(&s);
	EXPECT(!round_at(&s, 5000 + 2 * LENGTH));
	EXPECT(!spin_pause(&s, PC, 9000)); /* a round without a load never ends */
	EXPECT(!spin_pause(&s, PC, 13000));
}

/* A round that had to fetch its line is like the others but for that. */
static void a_miss_is_taken_off(void)
{
	enum { MISSED = 200 };
	struct spin s = {0};

	spin_reset(&s, 1000);
	round_at(&s, 1000);
	round_at(&s, 1000 + LENGTH);
	spin_reset(&s, 5000);
	spin_load(&s, LOAD_PC, FLAG, 5000 + OFFSET, MISSED);
	EXPECT(spin_pause(&s, PC, 5000 + LENGTH + MISSED));
	EXPECT(s.begin == 5000 + LENGTH + MISSED);
	EXPECT(spin_wake(&s, FLAG, s.begin + LENGTH, false) == s.begin + LENGTH);
	spin_load(&s, LOAD_PC, FLAG, s.begin + OFFSET + 1, MISSED); /* another way to the load */
	EXPECT(!spin_pause(&s, PC, s.begin + LENGTH + MISSED));
	spin_load(&s, LOAD_PC + 4, FLAG, s.begin + OFFSET, 0); /* another load */
	EXPECT(!spin_pause(&s, PC, s.begin + LENGTH));
}

static void knows_what_a_round_begins_with(void)
{
	struct spin s = {0};

	EXPECT(!spin_begins_with(&s, FLAG));
	spin_load(&s, LOAD_PC, FLAG, 10, 0);
	spin_load(&s, LOAD_PC + 4, OTHER, 20, 0);
	spin_pause(&s, PC, 30);
	EXPECT(spin_begins_with(&s, FLAG) && !spin_begins_with(&s, OTHER));
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

	spin_reset(&s, 1000);
	round_at(&s, 1000);
	EXPECT(round_at(&s, 1000 + LENGTH));
	EXPECT(spin_watches(&s, FLAG) && !spin_watches(&s, OTHER));
	for (uint64_t clock = 900; clock < 1400; clock++)
		for (int first = 0; first < 2; first++)
			EXPECT(spin_wake(&s, FLAG, clock, first) == lived(s.begin, clock, first));
}

/* A stalled hart goes on when its line is taken, not a round later. */
static void stalls(void)
{
	struct spin s = {0};

	spin_reset(&s, 1000);
	spin_stall(&s, PC, FLAG, 1010);
	EXPECT(spin_watches(&s, FLAG) && !spin_watches(&s, OTHER));
	EXPECT(!spin_begins_with(&s, FLAG));              /* but by an LR */
	EXPECT(spin_wake(&s, FLAG, 1003, false) == 1010); /* taken by one that is behind */
	EXPECT(spin_wake(&s, FLAG, 1234, false) == 1234);
	EXPECT(spin_wake(&s, FLAG, 1234, true) == 1235); /* it still had it at 1234 */
	EXPECT(!spin_pause(&s, PC, 2000));               /* and no round is known by it */
}

int main(void)
{
	turns();
	reached();
	buffered_stores();
	falls_asleep();
	a_miss_is_taken_off();
	knows_what_a_round_begins_with();
	wakes_where_it_would_be();
	stalls();
	return check_status();
}
