/* sbi.h: the machine's own firmware (RISC-V SBI specification 2.0): base, console, hart
 * state, IPI, timer, remote fence, system reset, and the legacy console and shutdown. */
#ifndef MACHINE_SBI_H
#define MACHINE_SBI_H

#include "machine.h"

/* The hart's ecall: a7 and a6 say what, a0 to a5 with what; the answer is in a0, a1. */
void sbi_call(struct machine *m, struct hart *h);

#endif
