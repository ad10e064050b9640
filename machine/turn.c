#include "turn.h"

#include "../model/later.h"
#include "encoding.h"
#include "reservation.h"
#include "trap.h"

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

void turn_changed(struct machine *m, const struct hart *h)
{
	order_time time = ORDER_NEVER;

	if (h->state == HART_RUNS)
		time = order_time_of(h->clock, h->clock - h->waited);
	else if (sleeps(h))
		time = order_time_of(timer_wakes_at(h), timer_wakes_at(h));
	order_put(&m->order, h->id, time);
}

void turn_begin(struct machine *m, struct hart *h, uint64_t clock)
{
	h->state = HART_RUNS;
	h->clock = clock;
	h->waited = 0;
	spin_reset(&h->spin);
	turn_changed(m, h);
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

/* Returns the turn that the others of `hart` have next. Its order among those of the same clock
 * matters only where the hart has that clock, too: otherwise all of them come before the hart. */
static struct turn turn_of_others(const struct machine *m, unsigned hart)
{
	unsigned other = order_first_other(&m->order, hart);
	order_time time = m->order.at[other];

	if (order_clock(time) == order_clock(m->order.at[hart]))
		return (struct turn){order_clock(time), (uint64_t)time, (int)other};
	return (struct turn){order_clock(time), 0, MACHINE_NOBODY};
}

struct hart *turn_give(struct machine *m)
{
	struct hart *h = &m->hart[order_first(&m->order)];

	set_limit(m, turn_of_others(m, h->id));
	if (h->state != HART_RUNS)
		turn_begin(m, h, turn_next_clock(m));
	return h;
}

void turn_limit(struct machine *m, const struct hart *h)
{
	set_limit(m, turn_of_others(m, h->id));
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

/* The hart has lost its reservation: if its SC waits for its turn, that has failed by now. */
static void hear(struct machine *m, struct hart *h)
{
	uint64_t clock = later(h->pending.issued, m->reached.clock);

	if (h->pending.op == NULL || h->pending.op->kind != OP_SC || h->clock <= clock)
		return;
	if (m->profile->sc_takes)
		return;
	h->pending.asked = false;
	h->clock = clock;
	h->waited = clock - h->pending.issued;
	turn_changed(m, h);
	limit_by(m, h);
}

static void lose(struct machine *m, struct hart *h, uint64_t line)
{
	if (h->reserved == line) {
		reservation_drop(m, h);
		hear(m, h);
	}
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
