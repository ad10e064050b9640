/* run.h: the machine's main loop. */
#ifndef MACHINE_RUN_H
#define MACHINE_RUN_H

#include "machine.h"

/* Runs until the kernel ends the machine. Returns its exit status. */
int machine_run(struct machine *m);

#endif
