/* rendezvous.h: all harts of a pass start together.
 *
 * They gather without spinning, since on an emulator with fewer processors than
 * harts a spinning hart steals the time of the one it waits for; then they spin
 * for the last fraction of a millisecond towards a time they all know. */
#ifndef BENCH_RENDEZVOUS_H
#define BENCH_RENDEZVOUS_H

#include <stdint.h>

/* Get ready for a pass. The caller guarantees that no hart is in the rendezvous. */
void rendezvous_reset(void);

/* Arrive as hart `index` of `harts`; returns the time to start at, the same for
 * all of them, as port_time() ticks. */
uint64_t rendezvous(unsigned index, unsigned harts);

/* Spin until `time`. */
void rendezvous_until(uint64_t time);

#endif
