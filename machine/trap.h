/* trap.h: the supervisor's traps (privileged manual, chapter "Supervisor-Level ISA").
 * Exceptions and the two interrupts go to S-mode; ecall goes to the machine's own
 * firmware (sbi.h). */
#ifndef MACHINE_TRAP_H
#define MACHINE_TRAP_H

#include "machine.h"

/* The instruction at h->pc raises `cause`, or is interrupted: the hart is at its handler.
 * `value` is for stval. */
void trap_enter(struct machine *m, struct hart *h, uint64_t cause, uint64_t value);

/* The hart goes back from the handler: sret. */
void trap_return(const struct machine *m, struct hart *h);

/* Returns the interrupts that are pending at the hart's clock and enabled in sie, as bits
 * of sip. They end a WFI; */
uint64_t trap_pending(const struct hart *h);
/* and where sstatus.SIE is set they are taken. Returns true when one was. */
bool trap_take_interrupt(struct machine *m, struct hart *h);

#endif
