/* beat.h: a timer interrupt that comes to each hart again and again, wherever the
 * hart is: with the lock in its hand, perhaps. What a hypervisor's lock meets. */
#ifndef BENCH_BEAT_H
#define BENCH_BEAT_H

#include <stdint.h>

#include "plan.h"
#include "slot.h"

typedef volatile uint32_t beat_flag;

/* Interrupt the calling hart, whose slot is *me, every work->interrupt_us
 * microseconds for work->interrupt_length instructions, from a time within the first
 * period on that its generator chooses, until timer_off(). Counts in *me; *inside
 * says whether the hart is in its section. A period runs from the end of one
 * interrupt to the next, so there is always time to get on. */
void beat_start(struct slot *me, const struct workload *work, const beat_flag *inside);

#endif
