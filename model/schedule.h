/* schedule.h: whose turn it is. Harts have clocks in ticks; the one with the
 * smallest clock goes next, of several the one that has waited longest, of those
 * the first. Samples are due at set times, before any hart's access at that
 * time. No threads here. */
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

/* A place in the order of all that happens. */
struct turn {
	uint64_t clock, since; /* since: when it asked for it, at most `clock` */
	int hart;              /* SCHEDULE_NOBODY: a sample */
};

struct schedule {
	unsigned harts;
	enum hart_state state[SCHEDULE_HARTS];
	uint64_t clock[SCHEDULE_HARTS];
	uint64_t waited[SCHEDULE_HARTS]; /* for its line, up to `clock`; 0: does not wait */
	uint64_t due;                    /* when the next sample is, or SCHEDULE_NEVER */
	struct turn limit;               /* the hart whose turn it is may go on before this */
	/* The latest turn taken: what others do before it has been done, what
	 * they do after it has not. An access can be charged another clock than
	 * that: the hart was behind because its last store waited, or goes ahead
	 * with its LR. */
	struct turn reached;
};

/* Does a come before b? */
static inline bool turn_before(struct turn a, struct turn b)
{
	if (a.clock != b.clock)
		return a.clock < b.clock;
	return a.since != b.since ? a.since < b.since : a.hart < b.hart;
}

/* The hart's next turn. */
static inline struct turn schedule_turn(const struct schedule *s, unsigned hart)
{
	return (struct turn){s->clock[hart], s->clock[hart] - s->waited[hart], (int)hart};
}

static inline bool schedule_may_go_on(const struct schedule *s, unsigned hart)
{
	return turn_before(schedule_turn(s, hart), s->limit);
}

/* The running hart that is next, or SCHEDULE_NOBODY. */
int schedule_next(const struct schedule *s);

/* Is the sample due before the hart's next access? With `hart` NOBODY: is there one? */
bool schedule_sample_due(const struct schedule *s, int hart);

/* How far `hart` may go: to be called when it gets the turn, and whenever
 * another hart or the sample gets a new clock. */
void schedule_limit(struct schedule *s, unsigned hart);

/* The hart takes its turn; or, with NOBODY, a sample at `clock` its. */
void schedule_reach(struct schedule *s, unsigned hart);
void schedule_reach_sample(struct schedule *s, uint64_t clock);

/* Does a hart's access at the clock reached, had it not slept, come before? */
bool schedule_before_reached(const struct schedule *s, unsigned hart);

#endif
