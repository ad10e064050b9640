/* machine_read.h: reads the device tree into a struct machine. It needs no kernel services, so
 * it also builds on the host, where it is tested. */
#ifndef KERNEL_MACHINE_READ_H
#define KERNEL_MACHINE_READ_H

#include "machine.h"

/* Read the tree at `blob`, of which `limit` bytes may be read. Returns NULL, or what is
 * wrong with the tree. The machine's strings point into the tree. */
__attribute__((warn_unused_result)) const char *machine_read(struct machine *m, const void *blob,
							     size_t limit);

#endif
