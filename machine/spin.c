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

static unsigned first_difference(const uint64_t a[32], const uint64_t b[32])
{
	unsigned i = 0;

	while (a[i] == b[i])
		i++;
	return i;
}

/* Are the registers those of the round's begin? Most loops that go on change the same
 * register in every round, so that one is looked at first, and all are kept only when it
 * has stood still. */
static bool unchanged(struct spin *s, const uint64_t x[32])
{
	bool still = x[s->changing] == s->changing_was;

	s->changing_was = x[s->changing];
	if (!still) {
		s->kept = false;
		return false;
	}
	if (s->kept && memcmp(s->x, x, sizeof(s->x)) == 0)
		return true;
	if (s->kept) {
		s->changing = first_difference(s->x, x);
		s->changing_was = x[s->changing];
	}
	memcpy(s->x, x, sizeof(s->x));
	s->kept = true;
	return false;
}

bool spin_jump(struct spin *s, uint64_t pc, const uint64_t x[32], uint64_t clock)
{
	if (unchanged(s, x) && s->pure && s->pc == pc) {
		s->length = clock - s->begin;
		s->begin = clock;
		return true;
	}
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
