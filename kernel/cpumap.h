/* cpumap.h: which harts the device tree says are near each other: /cpus/cpu-map
 * (Linux, Devicetree bindings, cpu/cpu-topology.txt). It needs no kernel services. */
#ifndef KERNEL_CPUMAP_H
#define KERNEL_CPUMAP_H

#include "fdt.h"
#include "machine.h"

/* Fill in the clusters of m's harts, which have been read. A hart's cluster is the
 * innermost `clusterN` or `socketN` that its core is in; harts that are in none, or
 * not in the map, form one. `fdt` has been walked to its end without an error. */
void cpumap_read(struct machine *m, const struct fdt *fdt);

#endif
