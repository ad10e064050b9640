/* spin.h: notices that a hart only waits, and says when it would notice a change.
 *
 * A round is what a hart does from one backward jump to the next at the same place. A
 * round that has only loaded, all from its own L1, and that ends with the registers it
 * began with, will be followed by equal ones until one of its lines is taken away or an
 * interrupt comes: the hart need not execute them, and which round it is in at any time
 * is known. Loops that count, write, read a CSR or wait for another line are no such
 * rounds, for their registers change or they are not pure. */
#ifndef MACHINE_SPIN_H
#define MACHINE_SPIN_H

#include <stdbool.h>
#include <stdint.h>

enum { SPIN_LOADS = 8 };

struct spin {
	uint64_t pc;     /* address of the backward jump that ended the last round */
	uint64_t begin;  /* ticks: of the round under way, or of the first one slept through */
	uint64_t length; /* ticks of the round that is repeated */
	uint64_t x[32];  /* registers at `begin`, if `kept` */
	uint64_t changing_was; /* value of the register `changing` at `begin` */
	unsigned changing;     /* the one register that changed in earlier rounds */
	bool kept;
	bool pure; /* nothing but loads that hit, so far in this round */
	unsigned loads;
	struct {
		uint64_t line, offset; /* offset: ticks from the round's begin to the load */
	} load[SPIN_LOADS];
};

/* A load from its own L1, issued at `clock`. */
static inline void spin_load(struct spin *s, uint64_t line, uint64_t clock)
{
	if (s->loads == SPIN_LOADS) {
		s->pure = false;
		return;
	}
	s->load[s->loads].line = line;
	s->load[s->loads].offset = clock - s->begin;
	s->loads++;
}

/* Anything else that touches memory, a CSR or another hart. */
static inline void spin_disturb(struct spin *s)
{
	s->pure = false;
}

/* The hart begins anew; */
void spin_reset(struct spin *s);

/* it jumps backward, at `pc`, with registers x, and is at `clock`. True when it may
 * sleep from here on. */
bool spin_jump(struct spin *s, uint64_t pc, const uint64_t x[32], uint64_t clock);

/* The hart stalls from `clock` on, until `line` is taken away: as if it looked at it all
 * the time. */
void spin_stall(struct spin *s, uint64_t line, uint64_t clock);

/* Does a sleeping hart look at that line? */
bool spin_watches(const struct spin *s, uint64_t line);

/* Somebody took `line` away at `clock`, and a load at that very clock came before that
 * if `first`. Returns the clock at which the round begins whose load of that line is the
 * first to notice. */
uint64_t spin_wake(const struct spin *s, uint64_t line, uint64_t clock, bool first);

/* The first round that begins at `clock` or later. */
uint64_t spin_round_from(const struct spin *s, uint64_t clock);

#endif
