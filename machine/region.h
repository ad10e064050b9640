/* region.h: the life of a modelled region: harts join, run, and leave. */
#ifndef MACHINE_REGION_H
#define MACHINE_REGION_H

#include "machine.h"

/* Does what the marker `which` of kernel/mailbox.h says. */
void region_mark(struct machine *m, struct hart *h, unsigned which);

/* Is `clock`, the earliest that anything happens at, a livelock? */
static inline bool region_overruns(const struct machine *m, uint64_t clock)
{
	return m->region.active && clock > m->region.bound && m->region.due == NEVER;
}

#endif
