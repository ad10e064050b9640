/* bench.h: the bench as its place sees it. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdint.h>

#include "plan.h"

/* Run every trial of the plan, each on as many harts as it asks for, and send
 * the records. A trial that asks for more harts than there are is skipped with
 * a record that says so. */
void bench_run(const struct plan *plan);

/* For a hang detector. Operations of all harts in the pass that runs: it changes as
 * long as one of them gets on; 0 while there is no pass. */
uint64_t bench_progress(void);

/* Keys of an open record: what the pass that runs is, its lock or heap word for word;
 * what a hart of it has done, and its node. None while there is no pass. */
void bench_say_pass(void);
void bench_say_hart(unsigned hart);

#endif
