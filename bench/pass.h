/* pass.h: one pass of one trial. All its harts start together, warm up, and allocate until
 * the window closes. */
#ifndef BENCH_PASS_H
#define BENCH_PASS_H

#include <stdbool.h>

#include "pass_run.h"

/* Returns whether there is room for the locks of the run's workload and a heap behind them. */
bool pass_has_room(const struct pass_run *run);

/* Plays run->pass and reports it. The caller has filled in plan, strategy, work, trial, harts
 * and pass. */
void pass_play(struct pass_run *run);

/* Plays the rounds of exhaust.h and reports them. Nobody is stopped in a round, for it is over
 * too soon, and nobody keeps a schedule in it. */
void pass_exhaust(struct pass_run *run);

#endif
