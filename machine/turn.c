#include "turn.h"

#include "encoding.h"
#include "reservation.h"
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

/* Finds the hart's next turn. Returns false where it has none. */
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

void turn_begin(struct machine *m, struct hart *h, uint64_t clock)
{
	h->state = HART_RUNS;
	h->clock = clock;
	h->waited = 0;
	spin_reset(&h->spin);
	turn_changed(m, h);
}

/* Several harts have the smallest clock: who has waited longest is first. */
static struct turns first_of_equals(const struct machine *m, uint64_t clock)
{
	const struct turn none = {NEVER, NEVER, MACHINE_NOBODY};
	struct turns found = {none, none};

	for (unsigned i = 0; i < m->harts; i++) {
		struct turn turn;

		if (m->next_at[i] != clock || !candidate(&m->hart[i], &turn))
			continue;
		if (turn_before(turn, found.first)) {
			found.second = found.first;
			found.first = turn;
		} else if (turn_before(turn, found.second)) {
			found.second = turn;
		}
	}
	return found;
}

struct turns turn_first_two(const struct machine *m)
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
		return first_of_equals(m, least);
	return (struct turns){{least, 0, hart}, {next, 0, MACHINE_NOBODY}};
}

/* Returns how far harts go on before the next one does: outside of regions, for a while. */
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

struct hart *turn_give(struct machine *m, struct turns turns)
{
	struct hart *h = &m->hart[turns.first.hart];

	if (h->state != HART_RUNS)
		turn_begin(m, h, turns.first.clock);
	set_limit(m, turns.second);
	return h;
}

void turn_limit(struct machine *m, const struct hart *h)
{
	uint64_t own = m->next_at[h->id];

	m->next_at[h->id] = NEVER;
	set_limit(m, turn_first_two(m).first);
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

void turn_reach(struct machine *m, struct turn turn)
{
	if (turn_before(m->reached, turn))
		m->reached = turn;
}

void turn_interrupted(struct machine *m, struct hart *h, uint64_t clock)
{
	if (trap_pending(h) == 0)
		return;
	if (h->state == HART_WFI || h->state == HART_STALLS)
		turn_begin(m, h, later(h->clock, clock));
	else if (h->state == HART_SPINS && h->csr.sstatus & SSTATUS_SIE)
		turn_begin(m, h, spin_round_from(&h->spin, clock));
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
	if (h->reserved == line)
		reservation_drop(m, h);
	if ((h->state != HART_SPINS && h->state != HART_STALLS) || !spin_watches(&h->spin, line))
		return;
	turn_begin(m, h, spin_wake(&h->spin, line, m->reached.clock, before_reached(m, h)));
	limit_by(m, h);
}

void turn_lose(struct machine *m, uint64_t lost, uint64_t line)
{
	for (; lost != 0; lost &= lost - 1)
		lose(m, &m->hart[__builtin_ctzll(lost)], line);
}
