#include "poke.h"

#include <stddef.h>

#include "delay.h"
#include "port.h"
#include "timer.h"
#include "window.h"

/* A hart's. */
static struct poke {
	_Alignas(LINE) struct slot *me; /* NULL: it was in no such pass yet */
	const beat_flag *inside;
	uint64_t period; /* ticks */
	uint64_t random; /* state of a generator for interrupts alone */
} pokes[PORT_MAX_HARTS];

/* In the interrupt of the one it was sent to. */
static void poked(unsigned index)
{
	struct poke *p = &pokes[index];

	if (p->me == NULL)
		return;
	p->me->ipis++;
	p->me->ipis_inside += *p->inside;
}

/* In the sender's alarm. One that firmware refuses is none: its hart has stopped. */
static void send(void *arg)
{
	struct poke *p = arg;
	unsigned others = window.harts - 1;
	uint64_t drawn = random_next(&p->random) >> 32;

	if (others != 0)
		(void)port_poke((p->me->index + 1 + (unsigned)(drawn * others >> 32)) %
				window.harts);
	timer_set(p->me->index, TIMER_POKE, port_time() + p->period, send, p);
}

void poke_start(struct slot *me, const struct workload *work, const beat_flag *inside)
{
	struct poke *p = &pokes[me->index];
	uint64_t first;

	p->inside = inside;
	p->period = port_ticks(work->ipi_us) + 1;
	p->random = random_next(&me->random);
	p->me = me;
	port_on_poke(poked);
	first = (random_next(&me->random) >> 32) * p->period >> 32;
	timer_set(me->index, TIMER_POKE, port_time() + 1 + first, send, p);
}
