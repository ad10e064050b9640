/* stop.h: the end of the kernel. */
#ifndef KERNEL_STOP_H
#define KERNEL_STOP_H

#include <stdbool.h>

/* Power the machine off through SBI SRST. `failed`: the machine is told that it went wrong,
 * by QEMU's own exit status where there is such a device. */
_Noreturn void kernel_stop(bool failed);

#endif
