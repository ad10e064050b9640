#include "turn.h"

#include "encoding.h"
#include "region.h"
#include "trap.h"

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Returns when the timer ends the hart's sleep; NEVER if it does not. */
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

void turn_changed(struct machine *m, const struct hart *h)
{
	struct turn turn;

	m->next_at[h->id] = candidate(h, &turn) ? turn.clock : NEVER;
}

/* Several harts have the smallest clock: the one whose turn is first, and the turn of
 * the one behind. */
static struct turn first_of_equals(const struct machine *m, uint64_t clock, struct turn *second)
{
	struct turn first = {NEVER, NEVER, MACHINE_NOBODY};

	*second = first;
	for (unsigned i = 0; i < m->harts; i++) {
		struct turn turn;

		if (m->next_at[i] != clock || !candidate(&m->hart[i], &turn))
			continue;
		if (turn_before(turn, first)) {
			*second = first;
			first = turn;
		} else if (turn_before(turn, *second)) {
			*second = turn;
		}
	}
	return first;
}

/* Finds who is next, or MACHINE_NOBODY, and a turn that no other hart's is before. */
static struct turn first_two(const struct machine *m, struct turn *second)
{
	uint64_t least = NEVER, next = NEVER;
	int hart = MACHINE_NOBODY;

	for (unsigned i = 0; i < m->harts; i++) {
		uint64_t at = m->next_at[i];
		bool first = at < least;
		uint64_t behind = first ? least : at;

		next = behind < next ? behind : next;
		hart = first ? (int)i : hart;
		least = first ? at : least;
	}
	if (next == least && hart != MACHINE_NOBODY)
		return first_of_equals(m, least, second);
	*second = (struct turn){next, 0, MACHINE_NOBODY};
	return (struct turn){least, 0, hart};
}

static void wake(struct machine *m, struct hart *h, uint64_t clock)
{
	h->state = HART_RUNS;
	h->clock = clock;
	h->waited = 0;
	spin_reset(&h->spin);
	turn_changed(m, h);
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

static void check_end(struct machine *m, struct turn next)
{
	if (next.hart == MACHINE_NOBODY)
		machine_fail(m, MACHINE_DEADLOCK, "deadlock: every hart waits for another");
	if (m->region.active && next.clock > m->region.bound && m->region.due == NEVER)
		machine_fail(m, MACHINE_LIVELOCK,
			     "livelock: harts do not end after the window's end");
}

struct hart *turn_next(struct machine *m)
{
	struct turn second, next = first_two(m, &second);
	struct hart *h;

	while (m->region.due != NEVER && m->region.due <= next.clock) {
		region_take_sample(m);
		next = first_two(m, &second);
	}
	check_end(m, next);
	h = &m->hart[next.hart];
	if (h->state != HART_RUNS)
		wake(m, h, next.clock);
	set_limit(m, second);
	return h;
}

void turn_limit(struct machine *m, const struct hart *h)
{
	struct turn second;
	uint64_t own = m->next_at[h->id];

	m->next_at[h->id] = NEVER;
	set_limit(m, first_two(m, &second));
	m->next_at[h->id] = own;
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
		wake(m, h, later(h->clock, clock));
	else if (h->state == HART_SPINS && h->csr.sstatus & SSTATUS_SIE)
		wake(m, h, spin_round_from(&h->spin, clock));
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
	wake(m, h, spin_wake(&h->spin, line, m->reached.clock, before_reached(m, h)));
	limit_by(m, h);
}

void turn_lose(struct machine *m, uint64_t lost, uint64_t line)
{
	for (; lost != 0; lost &= lost - 1)
		lose(m, &m->hart[__builtin_ctzll(lost)], line);
}
