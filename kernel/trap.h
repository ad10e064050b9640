/* trap.h: interrupts for the alarm and the IPI; everything else is a fault. */
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

#include <stdbool.h>
#include <stdint.h>

/* Written by trap_entry.S; layout.h has the offsets. */
struct trap_frame {
	uint64_t x[32]; /* x[0] is not used */
	uint64_t sepc, scause, stval;
	uint64_t stack_top; /* the stack to handle traps on */
};

/* Take this hart's traps into `frame` from now on. */
void trap_init(struct trap_frame *frame, uintptr_t stack_top);

/* Call fn(arg) on this hart, from its timer interrupt, when clock_time()
 * reaches `time`; in the past means at once. One alarm a hart; fn may set the
 * next. Interrupts are enabled on this hart until trap_alarm_off(). */
void trap_alarm(uint64_t time, void (*fn)(void *arg), void *arg);
void trap_alarm_off(void);

/* Run fn(); false: an instruction in it is illegal on this hart, and was skipped. It is
 * one of 4 bytes. */
bool trap_survives(void (*fn)(void));

/* The timer for what comes first: this hart's alarm, or its look at the others
 * (hang.h), of which the time has changed. */
void trap_rearm(void);

/* Is this hart handling a trap? */
bool trap_inside(void);

/* Keys of the open record: the 31 registers by their ABI names. */
void trap_say_registers(const struct trap_frame *frame);

/* End this hart's hart_idle() at `time`, with no interrupt taken; until
 * trap_alarm_off(). */
void trap_timeout(uint64_t time);

#endif
