/* leave.h: a hart stops itself by SBI HSM in the middle of its work, and goes on
 * there when another has started it again.
 *
 * What a stopped hart keeps is memory: its stack, its thread-local storage, what it
 * shares with others. Firmware starts it as at boot, at _start with no stack; start.S
 * finds it by its id, and it goes back to where it left. */
#ifndef KERNEL_LEAVE_H
#define KERNEL_LEAVE_H

#include <stdbool.h>

#include "hart.h"

/* Stop the calling hart; returns when leave_start() has been called for it. Its alarm
 * is off before and after, and so are its interrupts. Panics if firmware refuses. */
void leave_stop(void);

/* Start hart `index` again, which has called leave_stop() or is about to. False: it has
 * not stopped yet; try again. Panics if firmware refuses. */
bool leave_start(unsigned index);

/* For hart_main(): go back, if this hart had left. */
void leave_over(struct hart *h);

#endif
