/* spin.h: notices that a hart only waits, and says when it would notice a change.
 *
 * A round is what a hart does from one `pause` to the next. Two equal rounds
 * that did nothing but load, from lines that the hart's own L1 has now, will be
 * followed by further equal ones until one of those lines is taken away: the hart
 * can sleep until then and be told which round it is in. Once seen, one such round
 * at the same `pause` is enough. Rounds are equal when they would take the same
 * time but for misses. All that holds for loops whose only effect is to wait; a
 * loop that counts its turns must not contain `pause`. */
#ifndef MODEL_SPIN_H
#define MODEL_SPIN_H

#include <stdbool.h>
#include <stdint.h>

enum { SPIN_LOADS = 8 };

struct spin_round {
	bool pure; /* nothing but those loads */
	unsigned loads;
	uint64_t pc;     /* of the pause that ended it */
	uint64_t length; /* ticks, had all loads hit; of a finished round */
	uint64_t missed; /* ticks that were lost by misses */
	struct {
		uint64_t pc, line, offset; /* offset: ticks after the begin, had all hit */
	} load[SPIN_LOADS];
};

struct spin {
	bool stalls;    /* at a `wrs`: what comes then is no load of a round */
	uint64_t begin; /* clock of the round under way, or of the first one slept through */
	struct spin_round now, before;
	struct spin_round known; /* the last that was seen twice */
};

/* The hart begins anew at `clock`. */
void spin_reset(struct spin *s, uint64_t clock);

/* The load at `pc`, issued at `clock`; it took `missed` ticks more than from the
 * hart's own L1. */
void spin_load(struct spin *s, uint64_t pc, uint64_t line, uint64_t clock, uint64_t missed);

/* Anything else that touches memory. */
void spin_disturb(struct spin *s);

/* The `pause` at `pc`: the round ends. True when the hart may sleep from here on. */
bool spin_pause(struct spin *s, uint64_t pc, uint64_t clock);

/* The hart stalls at the `wrs` at `pc` from `clock` on, until `line` is taken away: as
 * if it looked at it all the time. */
void spin_stall(struct spin *s, uint64_t pc, uint64_t line, uint64_t clock);

/* Somebody took `line` away at `clock`, and a load at that very clock came
 * before that if `first`. The clock at which the round begins whose load of
 * that line is the first to notice. */
uint64_t spin_wake(const struct spin *s, uint64_t line, uint64_t clock, bool first);

/* Does a sleeping hart look at that line? Will it load that line first of all? */
bool spin_watches(const struct spin *s, uint64_t line);
bool spin_begins_with(const struct spin *s, uint64_t line);

#endif
