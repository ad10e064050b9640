/* poke.h: IPIs that harts send each other, wherever the other is: with the lock in its
 * hand, perhaps. What a hypervisor's remote fences and wake-ups do to its locks. */
#ifndef BENCH_POKE_H
#define BENCH_POKE_H

#include "beat.h"
#include "plan.h"
#include "slot.h"

/* From now on the calling hart, whose slot is *me, sends one to another hart of the
 * pass, drawn at random, every work->ipi_us microseconds, the first at a random time
 * within the period, until timer_off(). Those that reach it are counted in *me; *inside
 * says whether it is in its section. */
void poke_start(struct slot *me, const struct workload *work, const beat_flag *inside);

#endif
