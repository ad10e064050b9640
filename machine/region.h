/* region.h: the life of a modelled region: harts join, are sampled, and leave. */
#ifndef MACHINE_REGION_H
#define MACHINE_REGION_H

#include "machine.h"

/* splitmix64: unlike numbers from like ones. */
uint64_t region_mix(uint64_t x);

/* The kernel's mailbox is at that address. */
void region_found_mailbox(struct machine *m, uint64_t address);

/* Is that address in the mailbox? What is read there costs nothing. */
bool region_in_mailbox(const struct machine *m, uint64_t address);

/* The marker `which` of kernel/mailbox.h. */
void region_mark(struct machine *m, struct hart *h, unsigned which);

/* The sample that is due happens. */
void region_take_sample(struct machine *m);

#endif
