#include "bench.h"

#include <stdbool.h>

#include "audit.h"
#include "delay.h"
#include "port.h"
#include "probe.h"
#include "record.h"
#include "rendezvous.h"
#include "strategy.h"
#include "window.h"

static struct slot slots[PORT_MAX_HARTS];

static const char *const pass_names[PASSES] = {"throughput", "latency", "audit"};
static const char *const ended_names[] = {[ENDED_TIME] = "time", [ENDED_HEAP] = "heap"};

/* One pass of one trial. */
struct run {
	const struct plan *plan;
	const struct strategy *strategy;
	unsigned trial, harts;
	enum pass pass;
	uint64_t warmup, duration; /* ticks */
	uintptr_t heap_start, heap_end;
	unsigned postponed; /* times the window waited for a hart to begin */
};

static uint64_t ticks_of(uint64_t us)
{
	return us * port_time_hz() / 1000000;
}

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
		port_alarm(port_time() + ticks_of(POSTPONE_US), on_open, arg);
		return;
	}
	window_open();
	port_alarm(port_time() + run->duration, on_close, arg);
}

/* Where harts start in step, every trial of a plan would be the same one: which
 * of its steady states a lock falls into is the start's choice. */
static void scatter(struct slot *me)
{
	enum { SPREAD = 1024 }; /* instructions; a power of two */

	delay((uint32_t)random_next(&me->random) % SPREAD);
}

/* What each hart of a pass runs. Hart 0 keeps the time, by its alarm. */
static void hart_pass(unsigned index, void *arg)
{
	struct run *run = arg;
	struct slot *me = &slots[index];
	uint64_t go = port_in_step() ? port_time() : rendezvous(index, run->harts);
	uint64_t open = go + run->warmup;

	if (index == 0 && !window_arrange(open, open + run->duration))
		port_alarm(open, on_open, run);
	rendezvous_until(go);
	if (port_in_step())
		scatter(me);
	atomic_store_explicit(&me->start_time, port_time(), memory_order_relaxed);
	me->start_cycles = port_cycles();
	run->strategy->worker[run->pass](&run->plan->work, me);
	me->end_cycles = port_cycles();
	me->end_time = port_time();
	if (index == 0)
		port_alarm_off();
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
		s->misaligned = s->outside = s->off_lattice = s->found = 0;
		latency_clear(&s->latency[0]);
		latency_clear(&s->latency[1]);
	}
}

static void send_pass(const struct run *run, size_t used)
{
	record_begin("pass");
	record_u64("trial", run->trial);
	record_text("pass", pass_names[run->pass]);
	record_text("strategy", run->strategy->name);
	record_u64("harts", run->harts);
	record_text("ended", ended_names[window.ended]);
	record_u64("open", window.open_time);
	record_u64("close", window.close_time);
	record_hex("heap_start", run->heap_start);
	record_hex("heap_end", run->heap_end);
	record_u64("used", used);
	record_end();
}

static void send_counters(const struct run *run)
{
	uint64_t value;

	if (port_counter(0, &value) == NULL)
		return;
	record_begin("coherence");
	record_u64("trial", run->trial);
	record_text("pass", pass_names[run->pass]);
	for (unsigned i = 0; port_counter(i, &value) != NULL; i++)
		record_u64(port_counter(i, &value), value);
	record_end();
}

/* A heap that ended before the window opened leaves the warm-up's. */
static const struct latency *measured(const struct slot *s)
{
	return &s->latency[window.open_time != 0];
}

static void send_share(const struct run *run, const struct slot *s)
{
	record_begin("share");
	record_u64("trial", run->trial);
	record_text("pass", pass_names[run->pass]);
	record_u64("hart", s->index);
	record_u64("ops", aptr_load_relaxed(&s->ops));
	record_u64("ops_open", s->ops_open);
	record_u64("ops_close", s->ops_close);
	record_u64("start", atomic_load_explicit(&s->start_time, memory_order_relaxed));
	record_u64("end", s->end_time);
	record_u64("cycles", s->end_cycles - s->start_cycles);
	if (run->pass == PASS_LATENCY) {
		record_u64("waited", measured(s)->waited);
		record_u64("failed", measured(s)->failed);
	}
	if (run->pass == PASS_AUDIT) {
		record_u64("found", s->found);
		record_u64("misaligned", s->misaligned);
		record_u64("outside", s->outside);
		record_u64("off_lattice", s->off_lattice);
	}
	record_end();
}

static void send_histogram(unsigned trial, unsigned hart, const char *kind,
			   const struct histogram *h)
{
	record_begin("hist");
	record_u64("trial", trial);
	record_u64("hart", hart);
	record_text("kind", kind);
	histogram_record(h);
	record_end();
}

static void send_audit(const struct run *run, size_t used)
{
	struct audit a = audit_walk(&run->plan->work, slots, run->harts, used);

	record_begin("audit");
	record_u64("trial", run->trial);
	record_u64("blocks", a.blocks);
	record_u64("untagged", a.untagged);
	record_u64("torn", a.torn);
	record_end();
}

/* The heap from its first multiple of `align` on: faa pays for an unaligned
 * start with padding, once, and that is not what a trial is about. */
static void take_heap(struct run *run)
{
	size_t align = run->plan->work.align;
	uintptr_t start, end;

	port_heap(&start, &end);
	run->heap_start = align - 1 > end - start ? end : (start + align - 1) & -align;
	if (run->heap_start > end)
		run->heap_start = end;
	run->heap_end = end;
}

static void run_pass(struct run *run)
{
	size_t used;

	run->postponed = 0;
	take_heap(run);
	if (run->pass == PASS_AUDIT)
		run->heap_end = audit_prepare(&run->plan->work, run->heap_start, run->heap_end);
	run->strategy->init(run->heap_start, run->heap_end);
	clear_slots(run);
	window_reset(slots, run->harts);
	rendezvous_reset();

	port_run(run->harts, hart_pass, run);

	used = run->strategy->used();
	send_pass(run, used);
	send_counters(run);
	if (run->pass == PASS_AUDIT)
		send_audit(run, used);
	for (unsigned i = 0; i < run->harts; i++) {
		send_share(run, &slots[i]);
		if (run->pass == PASS_LATENCY) {
			send_histogram(run->trial, i, "wait", &measured(&slots[i])->wait);
			if (measured(&slots[i])->hold.count != 0)
				send_histogram(run->trial, i, "hold", &measured(&slots[i])->hold);
		}
	}
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

static void send_trial(unsigned trial, const char *strategy, unsigned harts, const char *status)
{
	record_begin("trial");
	record_u64("trial", trial);
	record_text("strategy", strategy);
	record_u64("harts", harts);
	record_text("status", status);
	record_end();
}

static void run_trial(const struct plan *plan, unsigned id)
{
	const struct plan_trial *t = &plan->trial[id];
	struct run run = {
		.plan = plan,
		.trial = id,
		.harts = t->harts,
		.warmup = ticks_of(plan->warmup_us),
		.duration = ticks_of(plan->duration_us),
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
	run.strategy = strategies[t->strategy];
	for (run.pass = 0; run.pass < PASSES; run.pass++)
		if (plan->passes & 1u << run.pass)
			run_pass(&run);
	send_trial(id, name, t->harts, "done");
}

void bench_run(const struct plan *plan)
{
	record_begin("plan");
	record_u64("format", PLAN_FORMAT);
	record_u64("trials", plan->trials);
	record_u64("size", plan->work.size);
	record_u64("align", plan->work.align);
	record_u64("hold", plan->work.hold);
	record_u64("think", plan->work.think);
	record_u64("think_range", plan->work.think_range);
	record_u64("duration_us", plan->duration_us);
	record_u64("warmup_us", plan->warmup_us);
	record_u64("seed", plan->seed);
	record_u64("passes", plan->passes);
	record_end();
	if (plan->inject[0] != 0)
		port_inject(plan->inject);
	for (unsigned id = 0; id < plan->trials; id++)
		run_trial(plan, id);
}
