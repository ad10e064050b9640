/* stop.h: the end of the kernel. */
#ifndef KERNEL_STOP_H
#define KERNEL_STOP_H

#include <stdbool.h>

/* Power the machine off through SBI SRST. `failed`: the machine is told that it went wrong,
 * by QEMU's own exit status where there is such a device that takes it. It does not panic, so
 * that a panic may call it. */
_Noreturn void kernel_stop(bool failed);

#endif
