/* exhaust.h: allocations to the end of the heap, again and again.
 *
 * A round: a fresh heap, so small that it is soon used up; all harts allocate until
 * they have been refused several times; then one hart takes what is left, in the
 * smallest pieces that the audit tells apart. Every block is audited. What must hold is
 * counted where it does not: a refusal is for want of room, so nothing is left in the
 * end that a piece would fit in; and bytes handed out are bytes of blocks. */
#ifndef BENCH_EXHAUST_H
#define BENCH_EXHAUST_H

#include "pass.h"

enum { EXHAUST_REFUSALS = 3 }; /* after so many a hart is done with the round */

/* What the rounds of a trial came to. */
struct exhaust {
	uint64_t rounds;  /* that came to the end of their heap */
	uint64_t refused; /* allocations */
	uint64_t blocks;
	uint64_t misaligned, outside, overlapping; /* blocks, as in an audit */
	uint64_t astray;                           /* bytes */
	uint64_t early; /* rounds that left room for more than was refused */
};

/* Plays plan->exhaust rounds, or as many as fit into a window's time, on run->harts harts. */
void exhaust_run(struct pass_run *run, struct exhaust *sum);

#endif
