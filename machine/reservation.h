/* reservation.h: the lines that harts' LRs have reserved. */
#ifndef MACHINE_RESERVATION_H
#define MACHINE_RESERVATION_H

#include "machine.h"

static inline void reservation_take(struct machine *m, struct hart *h, uint64_t line)
{
	h->reserved = line;
	m->reserved |= 1ul << h->id;
}

static inline void reservation_drop(struct machine *m, struct hart *h)
{
	h->reserved = NO_LINE;
	m->reserved &= ~(1ul << h->id);
}

#endif
