/* report.h: the records of a plan, a pass and a trial (docs/reference/records.md). */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include <stddef.h>

#include "histogram.h"
#include "pass_run.h"

struct exhaust;

void report_plan(const struct plan *plan);

/* Reports a pass that has ended; `used` bytes of its heap were handed out. */
void report_pass(const struct pass_run *run, size_t used);

/* Reports the sums over the rounds behind the passes. */
void report_exhaust(const struct pass_run *run, const struct exhaust *sum);

/* Reports a histogram; `kind` is a word of docs/reference/records.md, @hist. */
void report_histogram(unsigned trial, unsigned hart, const char *kind, const struct histogram *h);

/* Ends the records of a trial; `status` is done, or why it was not run. */
void report_trial(unsigned trial, const char *strategy, unsigned harts, const char *status);

#endif
