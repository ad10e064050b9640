/* bench.h: the bench, as the port that it runs on sees it. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdint.h>

#include "plan.h"

/* Run every trial of the plan, each on as many harts as it asks for, and send
 * the records. A trial that asks for more harts than there are is skipped with
 * a record that says so. */
void bench_run(const struct plan *plan);

/* Returns the operations of all harts in the pass that runs, for a hang detector: the
 * number changes as long as one of them gets on. It is 0 while there is no pass. */
uint64_t bench_progress(void);

/* Write keys into an open record: the first function tells the pass that runs, and its
 * lock or heap word for word, the second what one of its harts has done, and its node.
 * They write none while there is no pass. */
void bench_say_pass(void);
void bench_say_hart(unsigned hart);

#endif
