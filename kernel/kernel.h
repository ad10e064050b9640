/* kernel.h: what start-up finds out, once, for everyone. */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include "machine.h"

struct kernel {
	unsigned long boot_hart; /* id */
	unsigned harts_online;
	struct machine machine;
	struct machine_range heap; /* what is free of the heap's place in the memory map */
};

extern struct kernel kernel;

/* Power the machine off: through SBI SRST, and before that, where there is such
 * a device, by telling QEMU's own exit status. */
_Noreturn void kernel_stop(bool failed);

/* Check the allocator before anything is measured; panics if it is wrong. */
void selftest_run(void);

#endif
