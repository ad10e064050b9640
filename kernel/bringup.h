/* bringup.h: how the harts come to life, the boot hart first. */
#ifndef KERNEL_BRINGUP_H
#define KERNEL_BRINGUP_H

#include "machine.h"

/* Fill in the table of harts, and set up the boot hart, which is the caller. */
void bringup_boot_hart(unsigned long boot_id, const struct machine *m);

/* Start every other hart and wait for them, until none has come for 5 s. Gives the ones
 * that came their indices; returns how many are online, the boot hart included. */
unsigned bringup_start_all(const struct machine *m);

#endif
