#include "timer_noise.h"

#include "delay.h"
#include "port.h"
#include "timer.h"

/* The data that the interrupts of one hart use. */
static struct noise {
	_Alignas(LINE) struct hart_stats *me;
	const noise_flag *inside;
	uint64_t period;                     /* ticks */
	uint32_t length;                     /* instructions */
	void (*also)(struct hart_stats *me); /* NULL: nothing */
} noise_of[PORT_MAX_HARTS];

/* Runs in the interrupt. */
static void interrupt(void *arg)
{
	struct noise *n = arg;

	n->me->interrupts++;
	n->me->interrupts_inside += *n->inside;
	delay(n->length);
	if (n->also != NULL)
		n->also(n->me);
	timer_set(n->me->index, TIMER_NOISE, port_time() + n->period, interrupt, n);
}

void timer_noise_call(unsigned hart, void (*fn)(struct hart_stats *me))
{
	noise_of[hart].also = fn;
}

void timer_noise_start(struct hart_stats *me, const struct workload *work, const noise_flag *inside)
{
	struct noise *n = &noise_of[me->index];
	uint64_t first;

	*n = (struct noise){
		.me = me,
		.inside = inside,
		.period = port_ticks(work->interrupt_us) + 1,
		.length = (uint32_t)work->interrupt_length,
		.also = n->also,
	};
	first = (random_next(&me->random) >> 32) * n->period >> 32;
	timer_set(me->index, TIMER_NOISE, port_time() + 1 + first, interrupt, n);
}
