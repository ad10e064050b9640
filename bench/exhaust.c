#include "exhaust.h"

#include <string.h>

#include "audit.h"
#include "delay.h"
#include "port.h"
#include "rendezvous.h"
#include "timer.h"
#include "window.h"

/* The harts of a round have these in common. */
static struct {
	uint64_t left; /* ticks that this round and those behind it have */
	uint64_t took; /* ticks that it took; hart 0 says it, whose clock stands between rounds on
			  the model */
	size_t size;   /* bytes that all harts ask for too much in; 0: each draws its own */
} now;

static void on_deadline(void *arg)
{
	(void)arg;
	window_close(ENDED_TIME);
}

/* Draw the size that all harts ask for too much in, in every other round. A few requests of 2^62 or
 * 2^63 bytes wrap an address to where it was. */
static size_t draw_size(uint64_t random)
{
	return random & 1 ? 1ul << (62 + (random >> 1 & 1)) : 0;
}

/* Returns a size that no heap of `heap` bytes has room for: each order of magnitude up to 2^64 is
 * as likely as another. */
static size_t too_large(uint64_t random, size_t heap)
{
	size_t size = (random | 1ul << 63) >> random % 40;

	if (now.size != 0)
		return now.size;
	return size > heap ? size : heap + 1;
}

/* Run the worker of a hart with its hooks around it. */
static void play(const struct pass_run *run, const struct workload *work, struct hart_stats *me)
{
	run->strategy->start(work, me);
	run->strategy->worker[PASS_EXHAUST](work, me);
	run->strategy->stop(work, me);
}

/* Returns the run's workload for blocks of one size, asked for at once and undisturbed. */
static struct workload undisturbed(const struct pass_run *run, size_t size)
{
	struct workload work = run->work;

	work.sizes = SIZES_FIXED;
	work.size = size;
	work.interrupt_us = work.ipi_us = work.hold = work.think = 0;
	return work;
}

/* Ask for more than there can be, as other harts do, too, or while they take what there is. Such
 * requests must be refused, and must neither take anything nor wrap `next`. */
static void ask_once(const struct pass_run *run, struct hart_stats *me)
{
	size_t size = too_large(random_next(&me->random), run->heap_end - run->heap_start);
	struct workload huge = undisturbed(run, size);
	uint64_t bytes = me->bytes; /* the hart's blocks have so many so far */

	play(run, &huge, me);
	me->bytes += bytes;
}

/* Every other hart asks for too much once, the rest often, while those are at their blocks. */
static void ask_too_much(const struct pass_run *run, struct hart_stats *me)
{
	enum { OFTEN = 16 };
	unsigned times = random_next(&me->random) >> 32 & 1 ? OFTEN : 1;

	while (times-- != 0 && window_phase() != STOP)
		ask_once(run, me);
}

/* Run a hart's part of a round. Hart 0 keeps the time, if alarms interrupt it; so do all where
 * it may wait with its interrupts off. */
static void hart_round(unsigned index, void *arg)
{
	struct pass_run *run = arg;
	struct hart_stats *me = &run->stats[index];
	uint64_t begun;

	if (!port_in_step())
		rendezvous_until(rendezvous(index, run->harts));
	begun = port_time();
	if ((index == 0 || run->work.irq_off) && port_interrupts())
		timer_set(index, TIMER_WINDOW, begun + now.left, on_deadline, NULL);
	ask_too_much(run, me);
	port_interruptible(true);
	play(run, &run->work, me);
	port_interruptible(false);
	timer_off(index);
	ask_too_much(run, me);
	if (index == 0)
		now.took = port_time() - begun;
}

/* Let one hart take the pieces that are left. */
static void hart_rest(unsigned index, void *arg)
{
	struct pass_run *run = arg;
	struct hart_stats *me = &run->stats[index];
	struct workload rest = undisturbed(run, audit_granule());

	rest.align = rest.size;
	play(run, &rest, me);
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
 * the other way round, or in `used` and behind the heap's end: 0 if all is well. */
static uint64_t astray(const struct pass_run *run, uint64_t bytes)
{
	uint64_t marked = audit_marked(), used = run->strategy->used(), taken = bytes;
	uint64_t heap = run->heap_end - run->heap_start;

	for (unsigned i = 0; i < run->harts; i++)
		taken += run->strategy->waste(i);
	return (marked > bytes ? marked - bytes : bytes - marked) +
	       (taken > used ? taken - used : 0) + (used > heap ? used - heap : 0);
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
	now.left = run->duration;
	for (uint64_t i = 0; i < run->plan->exhaust && window_phase() != STOP; i++) {
		run->heap_end =
			audit_prepare_small(&run->work, run->heap_start, end, random_next(&random));
		now.size = draw_size(random_next(&random) >> 32);
		play_round(run, sum);
		if (now.took >= now.left)
			window_close(ENDED_TIME);
		else
			now.left -= now.took;
	}
}
