/* stuck.h: what a pass looks like from outside, while it runs or hangs (bench.h says
 * who asks). */
#ifndef BENCH_STUCK_H
#define BENCH_STUCK_H

#include "send.h"

/* The pass that runs from now on; NULL: none. */
void stuck_pass(const struct run *run);

#endif
