/* region.h: the life of a modelled region: harts join, take turns, sleep and wake, are
 * sampled, and leave. model.c deals with one hart's access, this with all harts. */
#ifndef MODEL_REGION_H
#define MODEL_REGION_H

#include "model.h"

/* Returns a number that looks unrelated to those of x's neighbours (splitmix64). */
uint64_t region_mix(uint64_t x);

/* Note the thread of hart `h`, at its first callback. */
void region_see_thread(struct model *m, unsigned h);

/* Fill in the kernel's mailbox, which is at that guest address. */
void region_found_mailbox(struct model *m, uint64_t address);

/* Wait for all harts to join. From then on the hart runs when its turn comes. */
void region_join(struct model *m, unsigned h);

/* Wait for all harts to leave. From then on the hart runs free. */
void region_leave(struct model *m, unsigned h);

/* Read mailbox.sample, which the kernel has filled in. */
void region_set_samples(struct model *m, unsigned h);

/* Wait until it is hart h's turn. */
void region_turn(struct model *m, unsigned h);

/* Let the next hart run in the place of hart h, and wait for h's turn. */
void region_hand_over(struct model *m, unsigned h);

/* Wake those harts of the set `lost`, which had line `line` taken away, that sleep and
 * look at it. Their loads from the clock reached on see the change. */
void region_wake(struct model *m, uint64_t lost, uint64_t line);

/* Let the thread of hart h go on where it slept, at the clock at which the hart woke. */
void region_resume(struct model *m, unsigned h);

#endif
