/* load.h: the kernel's image and the device tree, into the machine's memory. */
#ifndef MACHINE_LOAD_H
#define MACHINE_LOAD_H

#include "machine.h"

/* Loads the ELF file at `path` and gives its entry. NULL, or what is wrong with it. */
const char *load_image(struct machine *m, const char *path, uint64_t *entry);

/* Writes a device tree that describes the machine, with `plan` as its bootargs, and gives
 * its address: behind what the image uses. NULL, or what is wrong. */
const char *load_tree(struct machine *m, const char *plan, uint64_t *address);

#endif
