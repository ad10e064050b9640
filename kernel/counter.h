/* counter.h: the counter that stands for a hart's cycles. Firmware decides whether
 * S-mode may read `cycle` (privileged manual, mcounteren); `time` is everywhere. */
#ifndef KERNEL_COUNTER_H
#define KERNEL_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/* May this hart read `cycle`? */
bool counter_readable(void);

/* If any online hart may not, all of them read `time` for it from now on. The boot
 * hart, once all harts are online. */
void counter_choose(void);

/* What clock_cycles() reads: "cycle", "time"; under the cost model "model". */
const char *counter_name(void);

/* The least difference, not 0, of two readings in a row: the counter's resolution
 * or the price of a reading, whichever is more. Panics if it stands still. */
uint64_t counter_step(uint64_t (*now)(void));

#endif
