/* ipi_noise.h: IPIs that harts send each other, wherever the other hart is, perhaps while it
 * holds the lock (--ipi). A hypervisor's remote fences and wake-ups do the same to its locks. */
#ifndef BENCH_IPI_NOISE_H
#define BENCH_IPI_NOISE_H

#include "hart_stats.h"
#include "timer_noise.h"
#include "workload.h"

/* From now on the calling hart, whose stats are *me, sends an IPI to another hart of the
 * pass, drawn at random, every work->ipi_us microseconds, the first at a random time
 * within the period, until timer_off(). IPIs that reach the calling hart are counted in *me;
 * *inside says whether it is in its section. */
void ipi_noise_start(struct hart_stats *me, const struct workload *work, const noise_flag *inside);

#endif
