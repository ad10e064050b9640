/* passes.h: the passes of a trial (passes.def), by number. */
#ifndef BENCH_PASSES_H
#define BENCH_PASSES_H

#define PASS(name, NAME, ...) PASS_##NAME,
enum pass {
#include "passes.def"
	PASSES
};

/* A further one comes behind them if plan.exhaust is not 0: exhaust.h. */
enum { PASS_EXHAUST = PASSES, WORKERS };

#endif
