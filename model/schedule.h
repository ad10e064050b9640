/* schedule.h: whose turn it is. Harts have clocks in ticks; the one with the
 * smallest (clock, index) goes next. Samples are due at set times, before any
 * hart's access at that time. No threads here. */
#ifndef MODEL_SCHEDULE_H
#define MODEL_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

enum { SCHEDULE_HARTS = 64, SCHEDULE_NOBODY = -1 };
#define SCHEDULE_NEVER UINT64_MAX

enum hart_state {
	HART_FREE,   /* not modelled */
	HART_JOINED, /* waits for the others to join */
	HART_RUNS,   /* has a clock that counts */
	HART_SLEEPS, /* in a spin loop; its clock is where it fell asleep */
	HART_LEFT,   /* waits for the others to leave */
};

struct schedule {
	unsigned harts;
	enum hart_state state[SCHEDULE_HARTS];
	uint64_t clock[SCHEDULE_HARTS];
	uint64_t due; /* when the next sample is, or SCHEDULE_NEVER */
	/* The hart whose turn it is may go on while (clock, index) is smaller
	 * than this. */
	uint64_t limit_clock;
	int limit_hart; /* SCHEDULE_NOBODY: the sample */
	/* The latest (clock, index) at which a hart took its turn: what others
	 * do at smaller ones has been done, what they do at larger ones has not.
	 * An access can be charged another clock than that: the hart was behind
	 * because its last store waited, or goes ahead with its LR. */
	uint64_t reached_clock;
	int reached_hart;
};

/* The running hart that is next, or SCHEDULE_NOBODY. */
int schedule_next(const struct schedule *s);

/* Is the sample due before the hart's next access? With `hart` NOBODY: is there one? */
bool schedule_sample_due(const struct schedule *s, int hart);

/* How far `hart` may go: to be called when it gets the turn, and whenever
 * another hart or the sample gets a new clock. */
void schedule_limit(struct schedule *s, unsigned hart);

/* The hart has the turn. */
void schedule_reach(struct schedule *s, unsigned hart);

/* Is a sleeping hart's access at the clock reached one that came before? */
static inline bool schedule_before_reached(const struct schedule *s, unsigned hart)
{
	return (int)hart < s->reached_hart;
}

static inline bool schedule_may_go_on(const struct schedule *s, unsigned hart)
{
	uint64_t clock = s->clock[hart];

	return clock < s->limit_clock || (clock == s->limit_clock && (int)hart < s->limit_hart);
}

#endif
