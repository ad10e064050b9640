/* timer.h: a hart has one alarm, and several may want it: the window's time (hart 0's), the
 * timer interrupts of --interrupt, the IPIs of --ipi, and the stops of --churn. */
#ifndef BENCH_TIMER_H
#define BENCH_TIMER_H

#include <stdint.h>

enum timer_use { TIMER_WINDOW, TIMER_NOISE, TIMER_IPI, TIMER_CHURN, TIMER_USES };

/* Calls fn(arg) on hart `hart`, which is the caller, when port_time() reaches `time`. fn may
 * set the same timer again. */
void timer_set(unsigned hart, enum timer_use use, uint64_t time, void (*fn)(void *arg), void *arg);

/* Sets the alarm of the caller, hart `hart`, again: something else has turned it off, and the
 * timers that are set are to be kept. */
void timer_again(unsigned hart);

/* Turns off all timers of hart `hart`, which is the caller. */
void timer_off(unsigned hart);

#endif
