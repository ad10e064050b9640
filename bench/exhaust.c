#include "exhaust.h"

#include <string.h>

#include "audit.h"
#include "delay.h"
#include "port.h"
#include "rendezvous.h"
#include "timer.h"
#include "window.h"

static void on_deadline(void *arg)
{
	(void)arg;
	window_close(ENDED_TIME);
}

/* Run a hart's part of a round. Hart 0 keeps the time, if alarms interrupt it; so do all where
 * it may wait with its interrupts off. */
static void hart_round(unsigned index, void *arg)
{
	struct pass_run *run = arg;
	struct hart_stats *me = &run->stats[index];

	if (!port_in_step())
		rendezvous_until(rendezvous(index, run->harts));
	if ((index == 0 || run->work.irq_off) && port_interrupts())
		timer_set(index, TIMER_WINDOW, run->deadline, on_deadline, NULL);
	port_interruptible(true);
	run->strategy->start(&run->work, me);
	run->strategy->worker[PASS_EXHAUST](&run->work, me);
	run->strategy->stop(&run->work, me);
	port_interruptible(false);
	timer_off(index);
}

/* Let one hart take the pieces that are left. */
static void hart_rest(unsigned index, void *arg)
{
	struct pass_run *run = arg;
	struct hart_stats *me = &run->stats[index];
	struct workload rest = run->work;

	rest.sizes = SIZES_FIXED;
	rest.size = rest.align = audit_granule();
	rest.interrupt_us = rest.ipi_us = rest.hold = rest.think = 0;
	run->strategy->start(&rest, me);
	run->strategy->worker[PASS_EXHAUST](&rest, me);
	run->strategy->stop(&rest, me);
}

static void add_stats(const struct pass_run *run, struct exhaust *sum, uint64_t *bytes)
{
	for (unsigned i = 0; i < run->harts; i++) {
		struct hart_stats *s = &run->stats[i];

		sum->refused += s->refused;
		sum->blocks += s->blocks;
		sum->misaligned += s->misaligned;
		sum->outside += s->outside;
		sum->overlapping += s->overlapping;
		*bytes += s->bytes;
		s->refused = s->blocks = s->misaligned = s->outside = s->overlapping = 0;
		s->bytes = 0;
		(void)random_next(&s->random); /* the next round draws other numbers */
		aptr_store_relaxed(&s->ops, 0);
	}
}

/* Returns the bytes that are in a block and not in `used`, or marked and in no block, or
 * the other way round: 0 if all is well. */
static uint64_t astray(const struct pass_run *run, uint64_t bytes)
{
	uint64_t marked = audit_marked(), used = run->strategy->used(), taken = bytes;

	for (unsigned i = 0; i < run->harts; i++)
		taken += run->strategy->waste(i);
	return (marked > bytes ? marked - bytes : bytes - marked) +
	       (taken > used ? taken - used : 0);
}

static size_t left(const struct pass_run *run)
{
	size_t heap = run->heap_end - run->heap_start, used = run->strategy->used();

	return used < heap ? heap - used : 0;
}

static void again(struct pass_run *run)
{
	run->strategy->init(&run->work, run->heap_start, run->heap_end);
	rendezvous_reset();
}

static void play_round(struct pass_run *run, struct exhaust *sum)
{
	uint64_t bytes = 0;

	again(run);
	port_run(run->harts, hart_round, run);
	add_stats(run, sum, &bytes);
	if (window_phase() != STOP) {
		port_run(1, hart_rest, run);
		add_stats(run, sum, &bytes);
		sum->rounds++;
		sum->early += left(run) >= audit_granule();
	}
	sum->astray += astray(run, bytes);
}

void exhaust_run(struct pass_run *run, struct exhaust *sum)
{
	uintptr_t end = run->heap_end;
	uint64_t random = run->stats[0].random;

	memset(sum, 0, sizeof(*sum));
	run->deadline = port_time() + run->duration;
	for (uint64_t i = 0; i < run->plan->exhaust && window_phase() != STOP; i++) {
		run->heap_end =
			audit_prepare_small(&run->work, run->heap_start, end, random_next(&random));
		play_round(run, sum);
		if (port_time() >= run->deadline)
			window_close(ENDED_TIME);
	}
}
