#include "schedule.h"

static int first_but(const struct schedule *s, int other)
{
	int first = SCHEDULE_NOBODY;

	for (int h = 0; h < (int)s->harts; h++) {
		if (h == other || s->state[h] != HART_RUNS)
			continue;
		if (first == SCHEDULE_NOBODY ||
		    turn_before(schedule_turn(s, (unsigned)h), schedule_turn(s, (unsigned)first)))
			first = h;
	}
	return first;
}

int schedule_next(const struct schedule *s)
{
	return first_but(s, SCHEDULE_NOBODY);
}

bool schedule_sample_due(const struct schedule *s, int hart)
{
	if (s->due == SCHEDULE_NEVER)
		return false;
	return hart == SCHEDULE_NOBODY || s->due <= s->clock[hart];
}

void schedule_limit(struct schedule *s, unsigned hart)
{
	int other = first_but(s, (int)hart);

	s->limit = (struct turn){s->due, 0, SCHEDULE_NOBODY};
	if (other != SCHEDULE_NOBODY && s->clock[other] < s->due)
		s->limit = schedule_turn(s, (unsigned)other);
}

static void reach(struct schedule *s, struct turn turn)
{
	if (turn_before(s->reached, turn))
		s->reached = turn;
}

void schedule_reach(struct schedule *s, unsigned hart)
{
	reach(s, schedule_turn(s, hart));
}

void schedule_reach_sample(struct schedule *s, uint64_t clock)
{
	reach(s, (struct turn){clock, 0, SCHEDULE_NOBODY});
}

bool schedule_before_reached(const struct schedule *s, unsigned hart)
{
	uint64_t clock = s->reached.clock;

	return turn_before((struct turn){clock, clock, (int)hart}, s->reached);
}
