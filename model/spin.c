#include "spin.h"

#include <string.h>

static void begin_round(struct spin *s, uint64_t clock)
{
	s->begin = clock;
	s->now = (struct spin_round){.pure = true};
}

void spin_reset(struct spin *s, uint64_t clock)
{
	s->before = (struct spin_round){.pure = false};
	s->stalls = false;
	begin_round(s, clock);
}

void spin_load(struct spin *s, uint64_t pc, uint64_t line, uint64_t clock, uint64_t missed)
{
	struct spin_round *r = &s->now;

	if (r->loads == SPIN_LOADS) {
		r->pure = false;
		return;
	}
	r->load[r->loads].pc = pc;
	r->load[r->loads].line = line;
	r->load[r->loads].offset = clock - s->begin - r->missed;
	r->loads++;
	r->missed += missed;
}

void spin_disturb(struct spin *s)
{
	s->now.pure = false;
}

static bool equal(const struct spin_round *a, const struct spin_round *b)
{
	return a->pure && b->pure && a->loads != 0 && a->loads == b->loads &&
	       a->length == b->length && a->pc == b->pc &&
	       memcmp(a->load, b->load, a->loads * sizeof(a->load[0])) == 0;
}

bool spin_pause(struct spin *s, uint64_t pc, uint64_t clock)
{
	bool settled;

	s->now.pc = pc;
	s->now.length = clock - s->begin - s->now.missed;
	if (equal(&s->now, &s->before))
		s->known = s->now;
	settled = equal(&s->now, &s->known);
	s->before = s->now;
	begin_round(s, clock);
	return settled;
}

void spin_stall(struct spin *s, uint64_t pc, uint64_t line, uint64_t clock)
{
	s->before = (struct spin_round){.pure = true, .loads = 1, .pc = pc, .length = 1};
	s->before.load[0].line = line;
	s->stalls = true;
	begin_round(s, clock);
}

bool spin_watches(const struct spin *s, uint64_t line)
{
	for (unsigned i = 0; i < s->before.loads; i++)
		if (s->before.load[i].line == line)
			return true;
	return false;
}

bool spin_begins_with(const struct spin *s, uint64_t line)
{
	return !s->stalls && s->before.loads != 0 && s->before.load[0].line == line;
}

/* Returns when the first round begins, from `begin` on, whose load at `offset` is not before
 * `clock`. */
static uint64_t round_of(const struct spin *s, uint64_t offset, uint64_t clock, bool first)
{
	uint64_t at = s->begin + offset, rounds = 0;

	if (at < clock)
		rounds = (clock - at + s->before.length - 1) / s->before.length;
	if (first && at + rounds * s->before.length == clock)
		rounds++;
	return s->begin + rounds * s->before.length;
}

uint64_t spin_wake(const struct spin *s, uint64_t line, uint64_t clock, bool first)
{
	uint64_t earliest = UINT64_MAX;

	for (unsigned i = 0; i < s->before.loads; i++) {
		uint64_t wake;

		if (s->before.load[i].line != line)
			continue;
		wake = round_of(s, s->before.load[i].offset, clock, first);
		if (wake < earliest)
			earliest = wake;
	}
	return earliest;
}
