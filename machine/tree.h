/* tree.h: a flattened device tree (Devicetree Specification 0.4, chapter 5) that
 * describes the machine to the kernel. */
#ifndef MACHINE_TREE_H
#define MACHINE_TREE_H

#include <stddef.h>

#include "machine.h"

/* Writes it to `to`. False: it takes more than `room` bytes. */
bool tree_write(const struct machine *m, const char *bootargs, uint8_t *to, size_t room);

#endif
