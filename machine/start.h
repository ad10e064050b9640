/* start.h: a hart begins. */
#ifndef MACHINE_START_H
#define MACHINE_START_H

#include "machine.h"

/* The hart begins at `entry`, `clock` or later, as SBI's hart_start says: a0 is its id, a1
 * is `opaque`, interrupts are off, and nothing of what was before is pending. */
void start_hart(struct machine *m, struct hart *h, uint64_t entry, uint64_t opaque, uint64_t clock);

#endif
