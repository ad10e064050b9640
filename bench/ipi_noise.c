#include "ipi_noise.h"

#include <stddef.h>

#include "delay.h"
#include "port.h"
#include "timer.h"
#include "window.h"

/* The data that the interrupts of one hart use. */
static struct noise {
	_Alignas(LINE) struct hart_stats *me; /* NULL: the hart was in no such pass yet */
	const noise_flag *inside;
	uint64_t period; /* ticks */
	uint64_t random; /* state of a generator for interrupts alone */
} noise_of[PORT_MAX_HARTS];

/* Runs in the interrupt of the hart that the IPI was sent to. */
static void on_ipi(unsigned index)
{
	struct noise *n = &noise_of[index];

	if (n->me == NULL)
		return;
	n->me->ipis++;
	n->me->ipis_inside += *n->inside;
}

/* Runs in the sender's alarm. Firmware refuses an IPI to a stopped hart; such an IPI is not
 * counted. */
static void send(void *arg)
{
	struct noise *n = arg;
	unsigned others = window.harts - 1;
	uint64_t drawn = random_next(&n->random) >> 32;

	if (others != 0)
		(void)port_send_ipi((n->me->index + 1 + (unsigned)(drawn * others >> 32)) %
				    window.harts);
	timer_set(n->me->index, TIMER_IPI, port_time() + n->period, send, n);
}

void ipi_noise_start(struct hart_stats *me, const struct workload *work, const noise_flag *inside)
{
	struct noise *n = &noise_of[me->index];
	uint64_t first;

	n->inside = inside;
	n->period = port_ticks(work->ipi_us) + 1;
	n->random = random_next(&me->random);
	n->me = me;
	port_on_ipi(on_ipi);
	first = (random_next(&me->random) >> 32) * n->period >> 32;
	timer_set(me->index, TIMER_IPI, port_time() + 1 + first, send, n);
}
