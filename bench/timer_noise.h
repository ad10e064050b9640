/* timer_noise.h: timer interrupts that come to each hart again and again, wherever the hart
 * is, perhaps while it holds the lock (--interrupt). A hypervisor's lock meets the same. */
#ifndef BENCH_TIMER_NOISE_H
#define BENCH_TIMER_NOISE_H

#include <stdint.h>

#include "hart_stats.h"
#include "workload.h"

/* 1 while a hart is in its section. Its interrupts read it. */
typedef volatile uint32_t noise_flag;

/* Interrupts the calling hart, whose stats are *me, every work->interrupt_us microseconds
 * for work->interrupt_length instructions, until timer_off(). The hart's generator chooses
 * when the first comes, within the first period. Counts in *me; *inside says whether the
 * hart is in its section. A period runs from the end of one interrupt to the next, so the
 * hart always gets on. */
void timer_noise_start(struct hart_stats *me, const struct workload *work,
		       const noise_flag *inside);

/* Has each such interrupt of the calling hart call fn, too; NULL: nothing. */
void timer_noise_call(unsigned hart, void (*fn)(struct hart_stats *me));

#endif
