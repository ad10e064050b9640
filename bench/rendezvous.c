#include "rendezvous.h"

#include <stdatomic.h>

#include "port.h"

enum { LEAD_US = 200, LEAD_PER_HART_US = 20 };

static _Atomic unsigned arrived;
static _Atomic uint64_t go;

void rendezvous_reset(void)
{
	/* relaxed: port_run() publishes the store. */
	atomic_store_explicit(&arrived, 0, memory_order_relaxed);
	atomic_store_explicit(&go, 0, memory_order_relaxed);
}

static void release_all(unsigned index, unsigned harts)
{
	uint64_t lead = port_ticks(LEAD_US + LEAD_PER_HART_US * harts);

	/* release (G): pairs with the acquire in rendezvous(). */
	atomic_store_explicit(&go, port_time() + lead, memory_order_release);
	for (unsigned i = 0; i < harts; i++)
		if (i != index)
			port_wake(i);
}

uint64_t rendezvous(unsigned index, unsigned harts)
{
	uint64_t time;

	/* acq_rel: the last hart to arrive sees everything the others did before. */
	if (atomic_fetch_add_explicit(&arrived, 1, memory_order_acq_rel) + 1 == harts)
		release_all(index, harts);
	/* acquire (G): pairs with the release in release_all(). */
	while ((time = atomic_load_explicit(&go, memory_order_acquire)) == 0)
		port_idle();
	return time;
}

void rendezvous_until(uint64_t time)
{
	while (port_time() < time)
		;
}
