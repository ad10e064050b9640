#include "start.h"

#include "reservation.h"
#include "turn.h"

void start_hart(struct machine *m, struct hart *h, uint64_t entry, uint64_t opaque, uint64_t clock)
{
	h->pc = entry;
	h->x[REG_A0] = h->id;
	h->x[REG_A1] = opaque;
	h->csr = (struct csrs){0};
	h->timer = NEVER;
	h->pending.op = NULL;
	reservation_drop(m, h);
	h->results.late = 0;
	store_buffer_reset(&h->stores, (unsigned)m->profile->store_buffer,
			   (unsigned)m->profile->store_misses);
	turn_begin(m, h, clock > h->clock ? clock : h->clock);
}
