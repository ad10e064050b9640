/* turn.h: whose turn it is. The hart with the smallest clock goes next; of several, the
 * one that has waited longest; of those, the first. A sample goes before any hart's
 * access at its time. */
#ifndef MACHINE_TURN_H
#define MACHINE_TURN_H

#include "machine.h"

/* Does a come before b? */
static inline bool turn_before(struct turn a, struct turn b)
{
	if (a.clock != b.clock)
		return a.clock < b.clock;
	return a.since != b.since ? a.since < b.since : a.hart < b.hart;
}

/* Returns the next turn of a hart that runs. */
static inline struct turn turn_of(const struct hart *h)
{
	return (struct turn){h->clock, h->clock - h->waited, (int)h->id};
}

static inline bool turn_may_go_on(const struct machine *m, const struct hart *h)
{
	return turn_before(turn_of(h), m->limit);
}

/* The hart has another clock, or another state, than when it had its last turn: it is put
 * in its place in the order. */
void turn_changed(struct machine *m, const struct hart *h);

/* The hart runs from `clock` on. */
void turn_begin(struct machine *m, struct hart *h, uint64_t clock);

/* Returns the clock of the first turn of all; NEVER where there is none for ever. */
static inline uint64_t turn_next_clock(const struct machine *m)
{
	return order_clock(m->order.at[order_first(&m->order)]);
}

/* Gives the hart that is first its turn: it may go on before the second's. Wakes it, where a
 * timer does. Returns the hart. */
struct hart *turn_give(struct machine *m);

/* Finds anew how far `h`, whose turn it is, may go: after another hart was started, or a
 * region has begun or ended, or a sample was asked for. */
void turn_limit(struct machine *m, const struct hart *h);

/* The turn is taken. */
void turn_reach(struct machine *m, struct turn turn);

/* An interrupt became pending for `h` at `clock`: if that ends its sleep, it runs. */
void turn_interrupted(struct machine *m, struct hart *h, uint64_t clock);

/* The harts of the set `lost` had line `line` taken away, at the turn reached: those that
 * sleep and look at it run, and reservations of it are lost. */
void turn_lose(struct machine *m, uint64_t lost, uint64_t line);

#endif
