/* sample.h: the samples that the kernel asks for in its mailbox. A device takes them, at
 * exactly the time asked for. */
#ifndef MACHINE_SAMPLE_H
#define MACHINE_SAMPLE_H

#include "machine.h"

/* Finds anew when the next sample is due: the kernel has asked for one. */
void sample_schedule(struct machine *m);

/* Is there a sample to take before what happens at `clock`? */
static inline bool sample_is_due(const struct machine *m, uint64_t clock)
{
	return m->region.due != NEVER && m->region.due <= clock;
}

/* Takes the sample that is due. */
void sample_take(struct machine *m);

#endif
