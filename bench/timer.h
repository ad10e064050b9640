/* timer.h: a hart has one alarm, and two may want it: whoever keeps the window's
 * time, and the beat, an interrupt that comes again and again (--interrupt). */
#ifndef BENCH_TIMER_H
#define BENCH_TIMER_H

#include <stdint.h>

enum timer_use { TIMER_WINDOW, TIMER_BEAT, TIMER_USES };

/* Call fn(arg) on hart `hart`, which is the caller, when port_time() reaches `time`;
 * fn may set the same again. */
void timer_set(unsigned hart, enum timer_use use, uint64_t time, void (*fn)(void *arg), void *arg);

/* None of this hart's any more. The caller is that hart. */
void timer_off(unsigned hart);

#endif
