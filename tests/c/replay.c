/* Tests the table of a replay: which hart does which steps, and what of a step is left to do. */
#include "bench/replay.h"
#include "check.h"

enum { STEP = 1000 };

static void add_class(uint64_t harts, unsigned steps, uint32_t gap)
{
	EXPECT(replay_add_class(harts));
	for (unsigned i = 0; i < steps; i++)
		EXPECT(replay_add_step(&(struct replay_step){.gap = gap, .hold = STEP}));
}

static uint32_t gap_of(unsigned index)
{
	return replay_part(index, 0).from->gap + REPLAY_OUTSIDE;
}

static void harts_stand_for_observed_ones(void)
{
	replay_clear();
	EXPECT(!replay_given());
	add_class(1, 2, 100);
	add_class(3, 5, 500);
	EXPECT(replay_given());
	replay_prepare(4);
	EXPECT_EQ(gap_of(0), 100);
	for (unsigned i = 1; i < 4; i++)
		EXPECT_EQ(gap_of(i), 500);
	replay_prepare(8);
	EXPECT_EQ(gap_of(1), 100);
	EXPECT_EQ(gap_of(2), 500);
	EXPECT_EQ(gap_of(7), 500);
	replay_prepare(1); /* it stands for the middle one */
	EXPECT_EQ(gap_of(0), 500);
}

static void a_hart_begins_anywhere_in_its_class(void)
{
	struct replay_part p;

	replay_prepare(4);
	for (uint64_t i = 0; i < 10; i++) {
		p = replay_part(3, i << 32);
		EXPECT_EQ((uint64_t)(p.at - p.from), i % 5);
		EXPECT_EQ((uint64_t)(p.end - p.from), 5);
	}
}

static void a_step_is_less_what_the_bench_does_anyway(void)
{
	struct replay_step s = {.gap = 50, .hold = 2000, .written = 3, .read = 2, .own = 2};

	replay_clear();
	replay_prepare(1);
	EXPECT(replay_add_class(1));
	EXPECT(replay_add_step(&s));
	EXPECT(replay_add_step(&(struct replay_step){0}));
	s = *replay_part(0, 0).from;
	EXPECT_EQ(s.gap, 50 - REPLAY_OUTSIDE);
	EXPECT_EQ(s.hold,
		  2000 - REPLAY_INSIDE - 2 * REPLAY_WRITE - 2 * REPLAY_READ - REPLAY_WRITE_OWN);
	EXPECT_EQ(s.written, 2);
	EXPECT_EQ(s.own, 1);
	s = replay_part(0, 0).from[1];
	EXPECT_EQ(s.gap + s.hold + s.written + s.read + s.own, 0);
}

static void what_one_section_reads_another_writes(void)
{
	uint64_t written = 0;

	replay_clear();
	EXPECT(replay_add_class(1));
	for (unsigned i = 0; i < 40; i++)
		EXPECT(replay_add_step(&(struct replay_step){.written = 2, .read = 5}));
	for (unsigned i = 0; i < 40; i++) {
		const struct replay_step *s = &replay_part(0, 0).from[i];

		EXPECT(s->before <= s->read);
		written |= (uint64_t)1 << s->before;
	}
	EXPECT_EQ(written, 0x3f); /* one line in each section, and all six in time */
}

static void what_does_not_fit(void)
{
	replay_clear();
	EXPECT(!replay_add_class(0));
	EXPECT(!replay_add_class(PORT_MAX_HARTS + 1));
	for (unsigned i = 0; i < REPLAY_CLASSES; i++)
		EXPECT(replay_add_class(1));
	EXPECT(!replay_add_class(1));
	EXPECT(!replay_add_step(&(struct replay_step){.written = 60, .read = 5}));
	EXPECT(!replay_add_step(&(struct replay_step){.own = REPLAY_OWN + 1}));
	for (unsigned i = 0; i < REPLAY_STEPS; i++)
		EXPECT(replay_add_step(&(struct replay_step){.written = 60, .read = 4}));
	EXPECT(!replay_add_step(&(struct replay_step){0}));
}

int main(void)
{
	harts_stand_for_observed_ones();
	a_hart_begins_anywhere_in_its_class();
	a_step_is_less_what_the_bench_does_anyway();
	what_one_section_reads_another_writes();
	what_does_not_fit();
	return check_status();
}
