/* space.h: every state that harts can reach, whichever goes on next. */
#ifndef VERIFY_SCHEDULES_SPACE_H
#define VERIFY_SCHEDULES_SPACE_H

#include "machine.h"

enum { MAX_SEEN = 512, MAX_GOOD = 4096 };

struct observed {
	bool is_register;
	unsigned hart, reg;
	uint64_t address;
	int width;
};

/* A question about the states. */
struct question {
	unsigned active; /* the harts 0 .. active-1 go on; the others have acted before */
	uint32_t most;   /* states after which the search gives up */
	unsigned alone;  /* accesses in which a hart alone ends its call; 0: it may wait */
	bool meets; /* find the accesses to one word that two harts can be about to make at once */
	unsigned seen_count, good_count;
	struct observed seen[MAX_SEEN];
	uint64_t good[MAX_GOOD][MAX_SEEN]; /* the values that may be seen in the end */
};

struct answer {
	const char *verdict; /* HOLDS, VIOLATED, UNKNOWN */
	char why[200];
	uint32_t states;
	uint32_t at; /* the state at fault */
	int last;    /* the hart whose next step is the fault; -1: it is the state itself */
};

/* Go through every state. */
struct answer space_explore(const struct state *start, const struct question *);

/* Print the pairs of accesses, of which one stores, that two harts can be about to make at once:
 * whose, and which of its instructions. The question has to ask for them. */
void space_tell_meets(const struct question *);

/* Print the accesses that lead to the state at fault. */
void space_tell(const struct state *start, const struct answer *);

#endif
