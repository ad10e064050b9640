#include "spin.h"

#include <string.h>

static void begin_round(struct spin *s, uint64_t clock)
{
	s->begin = clock;
	s->pure = true;
	s->loads = 0;
}

void spin_reset(struct spin *s)
{
	s->pc = 0;
	s->pure = false;
	s->loads = 0;
}

bool spin_jump(struct spin *s, uint64_t pc, const uint64_t x[32], uint64_t clock)
{
	bool again = s->pure && s->pc == pc && memcmp(s->x, x, sizeof(s->x)) == 0;

	if (again) {
		s->length = clock - s->begin;
		s->begin = clock;
		return true;
	}
	memcpy(s->x, x, sizeof(s->x));
	s->pc = pc;
	begin_round(s, clock);
	return false;
}

void spin_stall(struct spin *s, uint64_t line, uint64_t clock)
{
	begin_round(s, clock);
	s->loads = 1;
	s->load[0].line = line;
	s->load[0].offset = 0;
	s->length = 1;
}

bool spin_watches(const struct spin *s, uint64_t line)
{
	for (unsigned i = 0; i < s->loads; i++)
		if (s->load[i].line == line)
			return true;
	return false;
}

uint64_t spin_round_from(const struct spin *s, uint64_t clock)
{
	uint64_t rounds = 0;

	if (s->begin < clock)
		rounds = (clock - s->begin + s->length - 1) / s->length;
	return s->begin + rounds * s->length;
}

/* The begin of the first round whose load at `offset` is not before `clock`. */
static uint64_t round_of(const struct spin *s, uint64_t offset, uint64_t clock, bool first)
{
	uint64_t at = s->begin + offset, rounds = 0;

	if (at < clock)
		rounds = (clock - at + s->length - 1) / s->length;
	if (first && at + rounds * s->length == clock)
		rounds++;
	return s->begin + rounds * s->length;
}

uint64_t spin_wake(const struct spin *s, uint64_t line, uint64_t clock, bool first)
{
	uint64_t earliest = UINT64_MAX;

	for (unsigned i = 0; i < s->loads; i++) {
		uint64_t wake;

		if (s->load[i].line != line)
			continue;
		wake = round_of(s, s->load[i].offset, clock, first);
		if (wake < earliest)
			earliest = wake;
	}
	return earliest;
}
