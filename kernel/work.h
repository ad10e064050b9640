/* work.h: parked harts sleep in WFI, are given work, and do it. */
#ifndef KERNEL_WORK_H
#define KERNEL_WORK_H

#include "hart.h"

/* Run fn(index, arg) on harts 0 .. n - 1 at once; returns when all are done. The other
 * harts, and the caller if it is not among the n, sit in WFI. For the boot hart. */
void work_run(unsigned n, void (*fn)(unsigned index, void *arg), void *arg);

/* Sleep in WFI until an interrupt is pending; clears a pending IPI. It may return early, so
 * call it in a loop that looks at a condition. */
void work_idle(void);

/* Make that hart's work_idle() return, now or at its next call. */
void work_wake(const struct hart *h);

/* The life of a parked hart: sleep, do what work_run() gives it, sleep. */
_Noreturn void work_forever(void);

#endif
