/* timer.h: a hart has one alarm, and several may want it: whoever keeps the window's
 * time, and what comes again and again: the beat (--interrupt), the poke (--ipi), and
 * the churn (--churn). */
#ifndef BENCH_TIMER_H
#define BENCH_TIMER_H

#include <stdint.h>

enum timer_use { TIMER_WINDOW, TIMER_BEAT, TIMER_POKE, TIMER_CHURN, TIMER_USES };

/* Call fn(arg) on hart `hart`, which is the caller, when port_time() reaches `time`;
 * fn may set the same again. */
void timer_set(unsigned hart, enum timer_use use, uint64_t time, void (*fn)(void *arg), void *arg);

/* The caller's alarm is off, by whatever there was: what is set is to be kept. */
void timer_again(unsigned hart);

/* None of this hart's any more. The caller is that hart. */
void timer_off(unsigned hart);

#endif
