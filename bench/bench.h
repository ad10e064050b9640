/* bench.h: the bench as its place sees it. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "plan.h"

/* Run every trial of the plan, each on as many harts as it asks for, and send
 * the records. A trial that asks for more harts than there are is skipped with
 * a record that says so. */
void bench_run(const struct plan *plan);

#endif
