/* clock_price.h: what reading the clock costs, as a trial of its own. */
#ifndef BENCH_CLOCK_PRICE_H
#define BENCH_CLOCK_PRICE_H

/* Reads the cycle counter of hart 0 twice in a row, again and again, and reports the histogram
 * of the differences, cycles. */
void clock_price_run(unsigned trial);

#endif
