/* variant_irq.h: the hooks that keep interrupts off in a section, and while its hart waits for it,
 * in the full variant and in that of replays. */
#ifndef BENCH_VARIANT_IRQ_H
#define BENCH_VARIANT_IRQ_H

#include "port_irq.h"
#include "workload.h"

static inline unsigned long hook_mask(const struct workload *work)
{
	return work->irq_off ? port_irq_save() : 0;
}

static inline void hook_unmask(const struct workload *work, unsigned long was)
{
	if (work->irq_off)
		port_irq_restore(was);
}

#endif
