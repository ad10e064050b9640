/* counter.h: questions about the hart's counters. Firmware decides whether S-mode may read
 * `cycle` (privileged manual, mcounteren); `time` can be read on every hart. */
#ifndef KERNEL_COUNTER_H
#define KERNEL_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/* May this hart read `cycle`? */
bool counter_cycle_is_readable(void);

/* Returns the least difference, not 0, of two readings in a row: the counter's resolution
 * or the price of a reading, whichever is more. Panics if the counter stands still. */
uint64_t counter_step(uint64_t (*now)(void));

#endif
