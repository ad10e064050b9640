#include "turn.h"

#include "encoding.h"
#include "region.h"
#include "trap.h"

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* When the timer ends the hart's sleep; NEVER if it does not. */
static uint64_t timer_wakes_at(const struct hart *h)
{
	if (h->timer == NEVER || !(h->csr.sie & SIP_STIP))
		return NEVER;
	if (h->state == HART_WFI || h->state == HART_STALLS)
		return later(h->timer, h->clock);
	if (h->state == HART_SPINS && h->csr.sstatus & SSTATUS_SIE)
		return spin_round_from(&h->spin, h->timer);
	return NEVER;
}

static bool sleeps(const struct hart *h)
{
	return h->state == HART_WFI || h->state == HART_SPINS || h->state == HART_STALLS;
}

/* The hart's next turn; false where it has none. */
static bool candidate(const struct hart *h, struct turn *turn)
{
	if (h->state == HART_RUNS) {
		*turn = turn_of(h);
		return true;
	}
	if (!sleeps(h))
		return false;
	turn->clock = turn->since = timer_wakes_at(h);
	turn->hart = (int)h->id;
	return turn->clock != NEVER;
}

/* Finds who is next, or MACHINE_NOBODY, and the turn of the one behind. */
static int first_two(const struct machine *m, struct turn *first, struct turn *second)
{
	*first = *second = (struct turn){NEVER, NEVER, MACHINE_NOBODY};
	for (unsigned i = 0; i < m->harts; i++) {
		struct turn turn;

		if (!candidate(&m->hart[i], &turn))
			continue;
		if (turn_before(turn, *first)) {
			*second = *first;
			*first = turn;
		} else if (turn_before(turn, *second)) {
			*second = turn;
		}
	}
	return first->hart;
}

static void wake(struct hart *h, uint64_t clock)
{
	h->state = HART_RUNS;
	h->clock = clock;
	h->waited = 0;
	spin_reset(&h->spin);
}

/* Outside of regions harts go on for a while before the next one does. */
static uint64_t ahead(const struct machine *m)
{
	return m->region.active ? 0 : FREE_CYCLES * TICKS_PER_CYCLE;
}

/* The hart whose turn it is may go on before `other` does something, or a sample is due. */
static void set_limit(struct machine *m, struct turn other)
{
	m->limit = (struct turn){m->region.due, 0, MACHINE_NOBODY};
	if (other.clock >= m->region.due)
		return;
	other.clock += ahead(m);
	m->limit = other;
}

struct hart *turn_next(struct machine *m)
{
	struct turn turn, second;
	int next = first_two(m, &turn, &second);

	while (m->region.due != NEVER && m->region.due <= turn.clock) {
		region_take_sample(m);
		next = first_two(m, &turn, &second);
	}
	if (next == MACHINE_NOBODY)
		machine_fail(m, MACHINE_DEADLOCK, "deadlock: every hart waits for another");
	if (m->region.active && turn.clock > m->region.bound && m->region.due == NEVER)
		machine_fail(m, MACHINE_LIVELOCK,
			     "livelock: harts do not end after the window's end");
	if (m->hart[next].state != HART_RUNS)
		wake(&m->hart[next], turn.clock);
	set_limit(m, second);
	return &m->hart[next];
}

void turn_limit(struct machine *m, const struct hart *h)
{
	struct turn first, second;

	first_two(m, &first, &second);
	set_limit(m, first.hart == (int)h->id ? second : first);
}

/* Another hart runs from now on. */
static void limit_by(struct machine *m, const struct hart *other)
{
	struct turn turn = turn_of(other);

	turn.clock += ahead(m);
	if (turn_before(turn, m->limit))
		m->limit = turn;
}

static void reach(struct machine *m, struct turn turn)
{
	if (turn_before(m->reached, turn))
		m->reached = turn;
}

void turn_reach(struct machine *m, const struct hart *h)
{
	reach(m, turn_of(h));
}

void turn_interrupted(struct machine *m, struct hart *h, uint64_t clock)
{
	if (trap_pending(h) == 0)
		return;
	if (h->state == HART_WFI || h->state == HART_STALLS)
		wake(h, later(h->clock, clock));
	else if (h->state == HART_SPINS && h->csr.sstatus & SSTATUS_SIE)
		wake(h, spin_round_from(&h->spin, clock));
	else
		return;
	limit_by(m, h);
}

/* Does the hart's access at the clock reached, had it not slept, come before? */
static bool before_reached(const struct machine *m, const struct hart *h)
{
	uint64_t clock = m->reached.clock;

	return turn_before((struct turn){clock, clock, (int)h->id}, m->reached);
}

static void lose(struct machine *m, struct hart *h, uint64_t line)
{
	if (h->reserved == line) {
		h->reserved = NO_LINE;
		m->reserved &= ~(1ul << h->id);
	}
	if ((h->state != HART_SPINS && h->state != HART_STALLS) || !spin_watches(&h->spin, line))
		return;
	wake(h, spin_wake(&h->spin, line, m->reached.clock, before_reached(m, h)));
	limit_by(m, h);
}

void turn_lose(struct machine *m, uint64_t lost, uint64_t line)
{
	for (; lost != 0; lost &= lost - 1)
		lose(m, &m->hart[__builtin_ctzll(lost)], line);
}
