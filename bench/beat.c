#include "beat.h"

#include "delay.h"
#include "port.h"
#include "timer.h"

/* A hart's. */
static struct beat {
	_Alignas(LINE) struct slot *me;
	const beat_flag *inside;
	uint64_t period; /* ticks */
	uint32_t length; /* instructions */
} beats[PORT_MAX_HARTS];

/* In the interrupt. */
static void beat(void *arg)
{
	struct beat *b = arg;

	b->me->interrupts++;
	b->me->interrupts_inside += *b->inside;
	delay(b->length);
	timer_set(b->me->index, TIMER_BEAT, port_time() + b->period, beat, b);
}

void beat_start(struct slot *me, const struct workload *work, const beat_flag *inside)
{
	struct beat *b = &beats[me->index];
	uint64_t first;

	*b = (struct beat){
		.me = me,
		.inside = inside,
		.period = port_ticks(work->interrupt_us) + 1,
		.length = (uint32_t)work->interrupt_length,
	};
	first = (random_next(&me->random) >> 32) * b->period >> 32;
	timer_set(me->index, TIMER_BEAT, port_time() + 1 + first, beat, b);
}
