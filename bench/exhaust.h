/* exhaust.h: allocations to the end of the heap, again and again.
 *
 * A round has a fresh heap, so small that it is soon used up. All harts allocate until
 * they have been refused several times; before and behind that each asks for more than any heap
 * has. Then one hart takes the rest, in the smallest pieces that the audit tells apart. Every block
 * is audited. Two things must be true, and a violation is counted: a refusal is for want of room,
 * so that no piece would fit in at the end; and the bytes handed out are the bytes of blocks. */
#ifndef BENCH_EXHAUST_H
#define BENCH_EXHAUST_H

#include "pass_run.h"

enum { EXHAUST_REFUSALS = 3 }; /* after so many a hart is done with the round */

/* The sums over the rounds of a trial. */
struct exhaust {
	uint64_t rounds;  /* rounds that came to the end of their heap */
	uint64_t refused; /* allocations */
	uint64_t blocks;
	uint64_t misaligned, outside, overlapping; /* blocks, as in an audit */
	uint64_t astray;                           /* bytes */
	uint64_t early; /* rounds that left room for more than was refused */
};

/* Plays plan->exhaust rounds, or as many as fit into a window's time, on run->harts harts. */
void exhaust_run(struct pass_run *run, struct exhaust *sum);

#endif
