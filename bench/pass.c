#include "pass.h"

#include <stdbool.h>

#include "audit.h"
#include "churn.h"
#include "delay.h"
#include "exhaust.h"
#include "fairness.h"
#include "hang_view.h"
#include "many.h"
#include "port.h"
#include "port_irq.h"
#include "rendezvous.h"
#include "replay.h"
#include "report.h"
#include "timer.h"
#include "variant.h"
#include "window.h"

static struct hart_stats stats[PORT_MAX_HARTS];
static const struct pass_run *played; /* the pass that runs */

static void on_close(void *arg)
{
	(void)arg;
	window_close(ENDED_TIME);
}

enum { POSTPONE_US = 5000, POSTPONED_MAX = 200 }; /* the window waits for one second at most */
enum { LATE_US = 5000 }; /* from when hart 0 should have kept the time until others do */

static bool all_started(const struct pass_run *run)
{
	for (unsigned i = 0; i < run->harts; i++)
		/* relaxed: it only matters whether the hart has begun. */
		if (atomic_load_explicit(&stats[i].start_time, memory_order_relaxed) == 0)
			return false;
	return true;
}

static void on_open(void *arg)
{
	struct pass_run *run = arg;

	/* An emulator may be slow to give every hart a processor. */
	if (!all_started(run) && run->postponed++ < POSTPONED_MAX) {
		timer_set(0, TIMER_WINDOW, port_time() + port_ticks(POSTPONE_US), on_open, arg);
		return;
	}
	window_open();
	timer_set(0, TIMER_WINDOW, port_time() + run->duration, on_close, arg);
}

/* Runs in the alarm of any other hart, LATE_US behind hart 0's. Hart 0's alarm has to wait while
 * hart 0 waits for a lock with its interrupts off, which may be long: then the others keep the
 * time, each as soon as it is outside of its section. */
static void stand_in(void *arg)
{
	const struct hart_stats *me = arg;
	uint64_t late = port_ticks(LATE_US), again = late;

	if (window_phase() == WARMUP && all_started(played))
		window_open();
	if (window_is_over(played->duration + late))
		window_close(ENDED_TIME);
	if (window_phase() == MEASURE)
		again += played->duration;
	if (window_phase() != STOP)
		timer_set(me->index, TIMER_WINDOW, port_time() + again, stand_in, arg);
}

/* Have the window opened at `open`, and closed. The calling hart does its part of that. */
static void keep_time(struct pass_run *run, struct hart_stats *me, uint64_t open)
{
	if (me->index == 0 && !window_arrange(open, open + run->duration))
		timer_set(0, TIMER_WINDOW, open, on_open, run);
	if (me->index != 0 && run->work.irq_off && !port_in_step())
		timer_set(me->index, TIMER_WINDOW, open + port_ticks(LATE_US), stand_in, me);
}

/* Delay a hart by a random time where harts start in step. Otherwise every trial of a plan
 * would be the same one: the start decides which of its steady states a lock falls into. */
static void scatter(struct hart_stats *me)
{
	enum { SPREAD = 1024 }; /* instructions; a power of two */

	delay((uint32_t)random_next(&me->random) % SPREAD);
}

static void work_until_stop(struct pass_run *run, struct hart_stats *me)
{
	const struct strategy *s = run->strategy;

	if (s->start != NULL)
		s->start(&run->work, me);
	/* relaxed: it only matters whether the hart has begun. */
	atomic_store_explicit(&me->start_time, port_time(), memory_order_relaxed);
	me->start_cycles = port_cycles();
	s->worker[run->pass](&run->work, me);
	me->end_cycles = port_cycles();
	me->end_time = port_time();
	me->bytes = aptr_load_relaxed(&me->ops) * run->work.size;
	if (run->work.allocator == ALLOCATOR_BUMP)
		me->visits = aptr_load_relaxed(&me->ops);
	if (s->stop != NULL)
		s->stop(&run->work, me);
}

/* Run a hart's part of a pass. */
static void hart_pass(unsigned index, void *arg)
{
	struct pass_run *run = arg;
	struct hart_stats *me = &stats[index];
	uint64_t go = port_in_step() ? port_time() : rendezvous(index, run->harts);

	keep_time(run, me, go + run->warmup);
	rendezvous_until(go);
	if (port_in_step())
		scatter(me);
	if (index == 0 && run->work.churn_us != 0)
		churn_begin(run->work.churn_us);
	port_interruptible(true);
	work_until_stop(run, me);
	port_interruptible(false);
	if (index == 0 || run->work.watched || run->work.irq_off)
		timer_off(index);
	if (index == 0 && run->work.churn_us != 0)
		churn_end();
}

static void clear(const struct pass_run *run)
{
	for (unsigned i = 0; i < run->harts; i++) {
		struct hart_stats *s = &stats[i];

		aptr_store_relaxed(&s->ops, 0);
		/* relaxed: port_run() publishes. */
		atomic_store_explicit(&s->start_time, 0, memory_order_relaxed);
		s->ops_open = s->ops_close = 0;
		s->index = i;
		s->random =
			random_mix(run->plan->seed ^ random_mix(run->trial * PORT_MAX_HARTS + i)) |
			1;
		counters_clear(s);
		latency_clear(&s->latency[0]);
		latency_clear(&s->latency[1]);
	}
}

bool pass_has_room(const struct pass_run *run)
{
	uintptr_t start, end;

	if (run->work.locks == 1)
		return true;
	port_heap(&start, &end);
	return many_bytes(&run->work, run->lock_bytes) < (end - start) / 2;
}

/* Take the memory of several locks, from a line's start on. Returns what is behind them. */
static uintptr_t take_locks(struct pass_run *run, uintptr_t start)
{
	if (run->work.locks == 1)
		return start;
	run->work.locks_at = (start + LINE - 1) & -(uintptr_t)LINE;
	return run->work.locks_at + many_bytes(&run->work, run->lock_bytes);
}

/* Take the heap, from its first multiple of `align` on: faa pays for an unaligned start
 * with padding, once, which a trial should not measure. */
static void take_heap(struct pass_run *run)
{
	size_t align = run->work.align;
	uintptr_t start, end;

	port_heap(&start, &end);
	start = take_locks(run, start);
	run->heap_start = align - 1 > end - start ? end : (start + align - 1) & -align;
	run->heap_end = end;
}

static uint64_t window_us(const struct plan *plan, enum pass pass)
{
	return pass == PASS_FAIRNESS && plan->fairness_us != 0 ? plan->fairness_us
							       : plan->duration_us;
}

static void prepare(struct pass_run *run)
{
	run->stats = stats;
	played = run;
	touch_lines_clear();
	replay_prepare(run->harts);
	clear(run);
	window_reset(stats, run->harts);
	churn_reset(run->harts, stats[0].random);
	rendezvous_reset();
}

static void count_waste(const struct pass_run *run)
{
	for (unsigned i = 0; i < run->harts; i++)
		stats[i].waste = run->strategy->waste(i);
}

void pass_play(struct pass_run *run)
{
	run->postponed = 0;
	run->warmup = port_ticks(run->plan->warmup_us);
	run->duration = port_ticks(window_us(run->plan, run->pass));
	take_heap(run);
	if (run->pass == PASS_AUDIT)
		run->heap_end = audit_prepare(&run->work, run->heap_start, run->heap_end);
	if (run->pass == PASS_FAIRNESS)
		run->heap_end = fairness_prepare(stats, run->harts, run->heap_start, run->heap_end);
	run->strategy->init(&run->work, run->heap_start, run->heap_end);
	prepare(run);
	hang_view_pass(run);
	port_run(run->harts, hart_pass, run);
	hang_view_pass(NULL);

	count_waste(run);
	report_pass(run, run->strategy->used());
}

void pass_exhaust(struct pass_run *run)
{
	struct exhaust sum;

	run->pass = (enum pass)PASS_EXHAUST;
	run->duration = port_ticks(run->plan->duration_us);
	run->work.churn_us = run->work.rate = 0;
	take_heap(run);
	prepare(run);
	hang_view_pass(run);
	exhaust_run(run, &sum);
	hang_view_pass(NULL);
	report_exhaust(run, &sum);
}
