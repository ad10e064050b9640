/* trap.h: the supervisor's traps and CSRs (privileged manual, chapter "Supervisor-Level
 * ISA"). Exceptions and the two interrupts go to S-mode; ecall goes to the machine's own
 * firmware (sbi.h). */
#ifndef MACHINE_TRAP_H
#define MACHINE_TRAP_H

#include <stdbool.h>

#include "machine.h"

/* The instruction at h->pc raises `cause`: h->next is the handler. */
void trap_enter(struct machine *m, struct hart *h, uint64_t cause, uint64_t value);

/* Goes back from the handler: sret. */
void trap_return(struct hart *h);

/* Interrupts (bits of sip) that are pending at the hart's clock and enabled in sie. They
 * end a WFI; */
uint64_t trap_pending(const struct hart *h);
/* and where sstatus.SIE is set they are taken. True when one was: h->pc is the handler. */
bool trap_take_interrupt(struct machine *m, struct hart *h);

/* A CSR instruction. False: there is no such CSR, or it cannot be written. */
bool trap_csr(struct hart *h, const struct op *op);

#endif
