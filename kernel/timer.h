/* timer.h: the hart's one timer, and the two deadlines that share it: the alarm, which the
 * bench asks for, and the look, at which the boot hart looks whether the others get on
 * (hang.h). Firmware is told the earlier one. All of it concerns the calling hart. */
#ifndef KERNEL_TIMER_H
#define KERNEL_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "trap_frame.h"

/* Call fn(arg) from this hart's timer interrupt when clock_time() reaches `time`; at once,
 * if that is in the past. A hart has one alarm; fn may set the next. Interrupts are enabled
 * on this hart until timer_alarm_off(). */
void timer_alarm(uint64_t time, void (*fn)(void *arg), void *arg);
void timer_alarm_off(void);

/* In place of an alarm: end this hart's work_idle() at `time`, with no interrupt taken;
 * until timer_alarm_off(). */
void timer_timeout(uint64_t time);

/* Call fn(NULL) from the timer interrupt at `time`, if interrupts are on then. Where they
 * may be off, timer_look_is_due() says whether the time has come. */
void timer_look(uint64_t time, void (*fn)(void *arg));
void timer_look_off(void);
bool timer_look_is_due(void);

/* Tell firmware again what it has forgotten, because this hart had stopped (hotplug.h). */
void timer_rearm(void);

/* The handler of the timer interrupt, for the table of trap_on(). */
void timer_interrupt(const struct trap_frame *frame);

#endif
