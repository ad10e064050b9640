#include "schedule.h"

static int first_but(const struct schedule *s, int not )
{
	int first = SCHEDULE_NOBODY;

	for (int h = 0; h < (int)s->harts; h++)
		if (h != not &&s->state[h] == HART_RUNS &&
		    (first == SCHEDULE_NOBODY || s->clock[h] < s->clock[first]))
			first = h;
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

	s->limit_clock = s->due;
	s->limit_hart = SCHEDULE_NOBODY;
	if (other != SCHEDULE_NOBODY && s->clock[other] < s->due) {
		s->limit_clock = s->clock[other];
		s->limit_hart = other;
	}
}

void schedule_reach(struct schedule *s, unsigned hart)
{
	uint64_t clock = s->clock[hart];

	if (clock < s->reached_clock || (clock == s->reached_clock && (int)hart < s->reached_hart))
		return;
	s->reached_clock = clock;
	s->reached_hart = (int)hart;
}
