/* schedule.h: whose turn it is. Harts have clocks in ticks. The hart with the smallest
 * clock goes next; of several, the one that has waited longest; of those, the one with
 * the lowest number. Samples are due at set times, before any hart's access at that
 * time. Nothing here knows of threads. */
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
	uint64_t clock, since; /* since: when the hart asked for the turn, at most `clock` */
	int hart;              /* SCHEDULE_NOBODY: a sample */
};

struct schedule {
	unsigned harts;
	enum hart_state state[SCHEDULE_HARTS];
	uint64_t clock[SCHEDULE_HARTS];
	uint64_t waited[SCHEDULE_HARTS]; /* ticks of waiting for a line, up to `clock` */
	uint64_t due;                    /* when the next sample is, or SCHEDULE_NEVER */
	struct turn limit;               /* the hart whose turn it is may go on before this */
	/* The latest turn taken: everything before it has been done, and nothing after
	 * it. An access can be charged another clock than this, when its hart was
	 * behind because its last store waited, or goes ahead because of its LR. */
	struct turn reached;
};

/* Does a come before b? */
static inline bool turn_before(struct turn a, struct turn b)
{
	if (a.clock != b.clock)
		return a.clock < b.clock;
	return a.since != b.since ? a.since < b.since : a.hart < b.hart;
}

/* Returns the hart's next turn. */
static inline struct turn schedule_turn(const struct schedule *s, unsigned hart)
{
	return (struct turn){s->clock[hart], s->clock[hart] - s->waited[hart], (int)hart};
}

static inline bool schedule_may_go_on(const struct schedule *s, unsigned hart)
{
	return turn_before(schedule_turn(s, hart), s->limit);
}

/* Returns the running hart that is next, or SCHEDULE_NOBODY. */
int schedule_next(const struct schedule *s);

/* Is the sample due before the hart's next access? With `hart` NOBODY: is there one? */
bool schedule_sample_due(const struct schedule *s, int hart);

/* Set how far `hart` may go. It is called when the hart gets the turn, and whenever
 * another hart or the sample gets a new clock. */
void schedule_limit(struct schedule *s, unsigned hart);

/* Note that the hart takes its turn, or that a sample at `clock` does. */
void schedule_reach(struct schedule *s, unsigned hart);
void schedule_reach_sample(struct schedule *s, uint64_t clock);

/* Would the hart's access at the clock reached, if it had not slept, have come before? */
bool schedule_before_reached(const struct schedule *s, unsigned hart);

#endif
