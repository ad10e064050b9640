/* machine_take.h: what a node of the device tree adds to the machine, once all of the node
 * has been read. Each function returns NULL, or what is wrong with the node. */
#ifndef KERNEL_MACHINE_TAKE_H
#define KERNEL_MACHINE_TAKE_H

#include "fdt.h"
#include "machine.h"
#include "tree_node.h"

/* Add the harts of a child of /cpus, each at its place in the order of ids. A node that is no
 * RISC-V core adds none. */
const char *machine_take_core(struct machine *m, const struct tree_node *node);

/* Add the memory of a child of the root. A node that is no memory adds none. */
const char *machine_take_memory(struct machine *m, const struct tree_node *node);

/* Add a reservation. One without a reg adds nothing: an operating system is to place it. */
const char *machine_take_reservation(struct machine *m, const struct tree_node *node);

/* Take the device by which QEMU gets an exit status. It is optional, so an odd node only
 * means that there is none. */
void machine_take_finisher(struct machine *m, const struct tree_node *node);

/* Add the entries of the tree's memory reservation block, which is no node. */
const char *machine_take_reservation_block(struct machine *m, const struct fdt *fdt);

#endif
