#include "bench.h"

#include <stdbool.h>
#include <string.h>

#include "audit.h"
#include "churn.h"
#include "delay.h"
#include "exhaust.h"
#include "fairness.h"
#include "load.h"
#include "port.h"
#include "port_irq.h"
#include "probe.h"
#include "rendezvous.h"
#include "send.h"
#include "stuck.h"
#include "timer.h"
#include "window.h"

static struct slot slots[PORT_MAX_HARTS];

static void on_close(void *arg)
{
	(void)arg;
	window_close(ENDED_TIME);
}

enum { POSTPONE_US = 5000, POSTPONED_MAX = 200 }; /* one second at most */

static bool all_started(const struct run *run)
{
	for (unsigned i = 0; i < run->harts; i++)
		/* relaxed: only whether it has begun matters. */
		if (atomic_load_explicit(&slots[i].start_time, memory_order_relaxed) == 0)
			return false;
	return true;
}

static void on_open(void *arg)
{
	struct run *run = arg;

	/* An emulator may be slow to give every hart a processor. */
	if (!all_started(run) && run->postponed++ < POSTPONED_MAX) {
		timer_set(0, TIMER_WINDOW, port_time() + port_ticks(POSTPONE_US), on_open, arg);
		return;
	}
	window_open();
	timer_set(0, TIMER_WINDOW, port_time() + run->duration, on_close, arg);
}

/* Where harts start in step, every trial of a plan would be the same one: which
 * of its steady states a lock falls into is the start's choice. */
static void scatter(struct slot *me)
{
	enum { SPREAD = 1024 }; /* instructions; a power of two */

	delay((uint32_t)random_next(&me->random) % SPREAD);
}

static void work_until_stop(struct run *run, struct slot *me)
{
	const struct strategy *s = run->strategy;

	if (s->start != NULL)
		s->start(&run->work, me);
	/* relaxed: only whether it has begun matters. */
	atomic_store_explicit(&me->start_time, port_time(), memory_order_relaxed);
	me->start_cycles = port_cycles();
	s->worker[run->pass](&run->work, me);
	me->end_cycles = port_cycles();
	me->end_time = port_time();
	me->bytes = aptr_load_relaxed(&me->ops) * run->work.size;
	if (s->stop != NULL)
		s->stop(&run->work, me);
}

/* What each hart of a pass runs. Hart 0 keeps the time, by its alarm. */
static void hart_pass(unsigned index, void *arg)
{
	struct run *run = arg;
	struct slot *me = &slots[index];
	uint64_t go = port_in_step() ? port_time() : rendezvous(index, run->harts);
	uint64_t open = go + run->warmup;

	if (index == 0 && !window_arrange(open, open + run->duration))
		timer_set(0, TIMER_WINDOW, open, on_open, run);
	rendezvous_until(go);
	if (port_in_step())
		scatter(me);
	if (index == 0 && run->work.churn_us != 0)
		churn_begin(run->work.churn_us);
	port_interruptible(true);
	work_until_stop(run, me);
	port_interruptible(false);
	if (index == 0 || run->work.watched)
		timer_off(index);
	if (index == 0 && run->work.churn_us != 0)
		churn_end();
}

/* splitmix64 (Steele, Lea and Flood, OOPSLA 2014): unlike seeds from like ones. */
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static void clear_slots(const struct run *run)
{
	for (unsigned i = 0; i < run->harts; i++) {
		struct slot *s = &slots[i];

		aptr_store_relaxed(&s->ops, 0);
		/* relaxed: port_run() publishes. */
		atomic_store_explicit(&s->start_time, 0, memory_order_relaxed);
		s->ops_open = s->ops_close = 0;
		s->index = i;
		s->random = mix(run->plan->seed ^ mix(run->trial * PORT_MAX_HARTS + i)) | 1;
		s->bytes = s->behind = s->interrupts = s->interrupts_inside = 0;
		s->ipis = s->ipis_inside = s->stops = s->refused = 0;
		s->blocks = s->misaligned = s->outside = s->overlapping = 0;
		latency_clear(&s->latency[0]);
		latency_clear(&s->latency[1]);
	}
}

/* The heap from its first multiple of `align` on: faa pays for an unaligned
 * start with padding, once, and that is not what a trial is about. */
static void take_heap(struct run *run)
{
	size_t align = run->work.align;
	uintptr_t start, end;

	port_heap(&start, &end);
	run->heap_start = align - 1 > end - start ? end : (start + align - 1) & -align;
	run->heap_end = end;
}

static uint64_t window_us(const struct plan *plan, enum pass pass)
{
	return pass == PASS_FAIRNESS && plan->fairness_us != 0 ? plan->fairness_us
							       : plan->duration_us;
}

static void prepare(const struct run *run)
{
	load_lines_clear();
	clear_slots(run);
	window_reset(slots, run->harts);
	churn_reset(run->harts, slots[0].random);
	rendezvous_reset();
}

/* Behind the passes. Nobody is stopped in it, for a round is over too soon, and nobody
 * keeps a schedule, for it is to be. */
static void run_exhaust(struct run *run)
{
	struct exhaust sum;

	run->duration = port_ticks(run->plan->duration_us);
	run->work.churn_us = run->work.rate = 0;
	take_heap(run);
	prepare(run);
	stuck_pass(run);
	exhaust_run(run, &sum);
	stuck_pass(NULL);
	send_exhaust(run, &sum);
}

static void run_pass(struct run *run)
{
	run->postponed = 0;
	run->duration = port_ticks(window_us(run->plan, run->pass));
	take_heap(run);
	if (run->pass == PASS_AUDIT)
		run->heap_end = audit_prepare(&run->work, run->heap_start, run->heap_end);
	if (run->pass == PASS_FAIRNESS)
		run->heap_end = fairness_prepare(slots, run->harts, run->heap_start, run->heap_end);
	run->strategy->init(&run->work, run->heap_start, run->heap_end);
	prepare(run);
	stuck_pass(run);
	port_run(run->harts, hart_pass, run);
	stuck_pass(NULL);

	send_pass(run, run->strategy->used());
}

static void clock_price(unsigned index, void *arg)
{
	enum { READS = 20000 };

	(void)index;
	(void)arg;
	for (int i = 0; i < READS; i++) {
		uint64_t before = port_cycles();
		uint64_t after = port_cycles();

		histogram_add(&slots[0].latency[0].wait, after - before);
	}
}

static void run_clock(unsigned trial)
{
	histogram_clear(&slots[0].latency[0].wait);
	port_run(1, clock_price, NULL);
	send_histogram(trial, 0, "clock", &slots[0].latency[0].wait);
}

/* Why this place cannot do that work, as a trial's status; NULL: it can. */
static const char *cannot(const struct workload *work)
{
	if (work->interrupt_us != 0 && !port_interrupts())
		return "no_interrupts";
	if ((work->ipi_us != 0 || work->churn_us != 0) && !port_disturbs())
		return work->ipi_us != 0 ? "no_ipis" : "no_stops";
	return work->irq_off && !PORT_MASKS ? "no_masking" : NULL;
}

/* The trial's own workload, and who can do it. */
static void choose_work(struct run *run)
{
	const struct plan *plan = run->plan;
	unsigned strategy = plan->trial[run->trial].strategy;

	run->work = plan->work;
	run->work.watched = plan->work.interrupt_us != 0 || plan->work.ipi_us != 0;
	run->work.offset = load_offset(&plan->work, mix(plan->seed + mix(run->trial)));
	run->strategy = load_wanted(plan) ? loaded_strategies[strategy] : strategies[strategy];
}

/* The extension that the run's strategy needs and some hart lacks; NULL: none. */
static const char *lacking(const struct run *run)
{
	const char *needs[] = {strategy_needs[run->plan->trial[run->trial].strategy],
			       run->strategy->relax_needs};

	for (unsigned i = 0; i < sizeof(needs) / sizeof(*needs); i++)
		if (needs[i] != NULL && !port_has(needs[i]))
			return needs[i];
	return NULL;
}

static void run_strategy(struct run *run)
{
	for (run->pass = 0; run->pass < PASSES; run->pass++)
		if (run->plan->passes & 1u << run->pass)
			run_pass(run);
	if (run->plan->exhaust != 0)
		run_exhaust(run);
	send_trial(run->trial, run->strategy->name, run->harts, "done");
}

static void refuse(const struct run *run, const char *extension)
{
	char status[32] = "needs_";

	strncat(status, extension, sizeof(status) - strlen(status) - 1);
	send_trial(run->trial, run->strategy->name, run->harts, status);
}

static void run_trial(const struct plan *plan, unsigned id)
{
	const struct plan_trial *t = &plan->trial[id];
	struct run run = {
		.plan = plan,
		.slots = slots,
		.trial = id,
		.harts = t->harts,
		.warmup = port_ticks(plan->warmup_us),
	};
	const char *name;

	if (t->strategy == PLAN_CLOCK) {
		run_clock(id);
		send_trial(id, "clock", t->harts, "done");
		return;
	}
	name = t->strategy == PLAN_PROBE ? "probe" : strategies[t->strategy]->name;
	if (t->harts > port_harts()) {
		send_trial(id, name, t->harts, "too_few_harts");
		return;
	}
	if (t->strategy == PLAN_PROBE) {
		probe_run(id, t->harts);
		send_trial(id, name, t->harts, "done");
		return;
	}
	if (cannot(&plan->work) != NULL) {
		send_trial(id, name, t->harts, cannot(&plan->work));
		return;
	}
	choose_work(&run);
	if (lacking(&run) != NULL)
		refuse(&run, lacking(&run));
	else
		run_strategy(&run);
}

void bench_run(const struct plan *plan)
{
	send_plan(plan);
	for (unsigned id = 0; id < plan->trials; id++) {
		if (plan->inject[0] != 0 && id + 1 == plan->trials)
			port_inject(plan->inject);
		run_trial(plan, id);
	}
}
