/* region.h: the life of a modelled region: harts join, take turns, sleep and
 * wake, are sampled, and leave. Part of model.c's job, for the harts as a whole. */
#ifndef MODEL_REGION_H
#define MODEL_REGION_H

#include "model.h"

/* splitmix64: unlike numbers from like ones. */
uint64_t region_mix(uint64_t x);

/* The first callback on the hart's thread. */
void region_see_thread(struct model *m, unsigned h);

/* The kernel's mailbox is at that guest address. */
void region_found_mailbox(struct model *m, uint64_t address);

/* Wait for all to join; the hart then runs when its turn comes. */
void region_join(struct model *m, unsigned h);

/* Wait for all to leave; the hart then runs free. */
void region_leave(struct model *m, unsigned h);

/* The kernel has filled in mailbox.sample. */
void region_set_samples(struct model *m, unsigned h);

/* Return when it is hart h's turn. */
void region_turn(struct model *m, unsigned h);

/* Hart h does not run any more: let the next one, and wait for the turn. */
void region_hand_over(struct model *m, unsigned h);

/* Wake the harts of the set `lost`, which had line `line` taken away, if they
 * sleep and look at it: their loads from the clock reached on notice. */
void region_wake(struct model *m, uint64_t lost, uint64_t line);

/* Hart h's thread goes on where it slept, at the clock it has woken at. */
void region_rise(struct model *m, unsigned h);

#endif
