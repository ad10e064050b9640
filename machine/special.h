/* special.h: instructions that are not plain and do not access memory. */
#ifndef MACHINE_SPECIAL_H
#define MACHINE_SPECIAL_H

#include "machine.h"

/* The hart, whose turn it is, executes `op`. */
void special(struct machine *m, struct hart *h, const struct op *op);

#endif
