/* spin.h: notices that a hart only waits, and tells when the hart would see a change.
 *
 * A round is everything a hart does from one `pause` to the next. Two equal rounds
 * that did nothing but load, from lines that the hart's own L1 has now, will be
 * followed by further equal ones until one of those lines is taken away: the hart
 * can sleep until then and be told which round it is in. After that has been seen once,
 * one such round at the same `pause` is enough. Rounds are equal when they would take
 * the same time without misses. This is true of loops whose only effect is to wait; a
 * loop that counts its turns must not contain `pause`. */
#ifndef MODEL_SPIN_H
#define MODEL_SPIN_H

#include <stdbool.h>
#include <stdint.h>

enum { SPIN_LOADS = 8 };

struct spin_round {
	bool pure; /* the hart did nothing but these loads */
	unsigned loads;
	uint64_t pc;     /* address of the pause that ended the round */
	uint64_t length; /* ticks of a finished round if all loads had hit */
	uint64_t missed; /* ticks that were lost by misses */
	struct {
		uint64_t pc, line, offset; /* offset: ticks after `begin` if all had hit */
	} load[SPIN_LOADS];
};

struct spin {
	bool stalls;    /* the hart is at a `wrs`, and not in a round */
	uint64_t begin; /* clock of the round under way, or of the first one slept through */
	struct spin_round now, before;
	struct spin_round known; /* the latest round that was seen twice */
};

/* Forget the rounds under way: the hart begins anew at `clock`. */
void spin_reset(struct spin *s, uint64_t clock);

/* Note the load at `pc`, issued at `clock`. It took `missed` ticks more than from the
 * hart's own L1. */
void spin_load(struct spin *s, uint64_t pc, uint64_t line, uint64_t clock, uint64_t missed);

/* Note any other access to memory. */
void spin_disturb(struct spin *s);

/* Note the `pause` at `pc`, which ends the round. Returns true when the hart may sleep from
 * here on. */
bool spin_pause(struct spin *s, uint64_t pc, uint64_t clock);

/* Note that the hart stalls at the `wrs` at `pc` from `clock` on, until `line` is taken
 * away, as if it looked at the line all the time. */
void spin_stall(struct spin *s, uint64_t pc, uint64_t line, uint64_t clock);

/* Another hart took `line` away at `clock`; a load of this hart at that very clock came
 * before it if `first`. Returns the clock at which the round begins whose load of that
 * line is the first to miss. */
uint64_t spin_wake(const struct spin *s, uint64_t line, uint64_t clock, bool first);

/* Does a sleeping hart look at that line? Will it load that line first of all? */
bool spin_watches(const struct spin *s, uint64_t line);
bool spin_begins_with(const struct spin *s, uint64_t line);

#endif
