#include "send.h"

#include "audit.h"
#include "cluster.h"
#include "exhaust.h"
#include "fairness.h"
#include "load.h"
#include "port.h"
#include "record.h"
#include "window.h"

const char *const pass_names[PASSES] = {"throughput", "latency", "audit", "fairness"};
static const char *const ended_names[] = {
	[ENDED_TIME] = "time", [ENDED_HEAP] = "heap", [ENDED_LOG] = "log"};

static void send_summary(const struct run *run, size_t used)
{
	record_begin("pass");
	record_u64("trial", run->trial);
	record_text("pass", pass_names[run->pass]);
	record_text("strategy", run->strategy->name);
	record_u64("harts", run->harts);
	record_text("relax", run->strategy->relax);
	record_text("unlock", run->strategy->unlock);
	record_u64("clusters", cluster_count(&run->plan->work, run->harts));
	record_text("ended", ended_names[window.ended]);
	record_u64("open", window.open_time);
	record_u64("close", window.close_time);
	record_hex("heap_start", run->heap_start);
	record_hex("heap_end", run->heap_end);
	record_u64("used", used);
	record_u64("offset", run->work.offset);
	record_u64("touched", load_lines_sum());
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
	record_u64("bytes", s->bytes);
	record_u64("waste", run->strategy->waste(s->index));
	record_u64("behind", s->behind);
	record_u64("interrupts", s->interrupts);
	record_u64("interrupts_inside", s->interrupts_inside);
	record_u64("ipis", s->ipis);
	record_u64("ipis_inside", s->ipis_inside);
	record_u64("stops", s->stops);
	if (run->pass == PASS_LATENCY) {
		record_u64("waited", measured(s)->waited);
		record_u64("failed", measured(s)->failed);
	}
	if (run->pass == PASS_AUDIT) {
		record_u64("blocks", s->blocks);
		record_u64("misaligned", s->misaligned);
		record_u64("outside", s->outside);
		record_u64("overlapping", s->overlapping);
	}
	record_end();
}

void send_histogram(unsigned trial, unsigned hart, const char *kind, const struct histogram *h)
{
	record_begin("hist");
	record_u64("trial", trial);
	record_u64("hart", hart);
	record_text("kind", kind);
	histogram_record(h);
	record_end();
}

static void send_latency(unsigned trial, unsigned hart, const struct latency *l)
{
	send_histogram(trial, hart, "wait", &l->wait);
	if (l->hold.count != 0)
		send_histogram(trial, hart, "hold", &l->hold);
	if (l->response.count != 0)
		send_histogram(trial, hart, "response", &l->response);
}

static void send_audit(const struct run *run)
{
	record_begin("audit");
	record_u64("trial", run->trial);
	record_u64("granule", audit_granule());
	record_u64("marked", audit_marked());
	record_end();
}

static const char *const order_names[] = {
	[ORDER_NUMBERS] = "numbers", [ORDER_ADDRESSES] = "addresses", [ORDER_UNKNOWN] = "unknown"};

static void send_fair(const struct run *run)
{
	struct fair f =
		fairness_walk(&run->plan->work, run->slots, run->harts, run->strategy->order);

	record_begin("fair");
	record_u64("trial", run->trial);
	record_text("order", order_names[run->strategy->order]);
	record_u64("clusters", f.clusters);
	record_u64("grants", f.grants);
	record_u64("again", f.again);
	record_u64("near", f.near);
	record_u64("windows", f.windows);
	record_u64("distinct", f.distinct);
	record_u64("breaks", f.breaks);
	record_end();
}

static void send_fair_hart(const struct run *run, unsigned hart)
{
	const struct fair_hart *f = fairness_hart(hart);

	if (f->overtaken.count != 0)
		send_histogram(run->trial, hart, "overtaken", &f->overtaken);
	if (f->bypass.count != 0)
		send_histogram(run->trial, hart, "bypass", &f->bypass);
	if (f->reacquire.count != 0)
		send_histogram(run->trial, hart, "reacquire", &f->reacquire);
	if (f->handoff.count != 0)
		send_histogram(run->trial, hart, "handoff", &f->handoff);
}

void send_exhaust(const struct run *run, const struct exhaust *sum)
{
	record_begin("exhaust");
	record_u64("trial", run->trial);
	record_u64("rounds", sum->rounds);
	record_u64("refused", sum->refused);
	record_u64("blocks", sum->blocks);
	record_u64("misaligned", sum->misaligned);
	record_u64("outside", sum->outside);
	record_u64("overlapping", sum->overlapping);
	record_u64("astray", sum->astray);
	record_u64("early", sum->early);
	record_end();
}

void send_pass(const struct run *run, size_t used)
{
	send_summary(run, used);
	send_counters(run);
	if (run->pass == PASS_AUDIT)
		send_audit(run);
	if (run->pass == PASS_FAIRNESS)
		send_fair(run);
	for (unsigned i = 0; i < run->harts; i++) {
		send_share(run, &run->slots[i]);
		if (run->pass == PASS_FAIRNESS)
			send_fair_hart(run, i);
		if (run->pass == PASS_LATENCY)
			send_latency(run->trial, i, measured(&run->slots[i]));
	}
}

void send_trial(unsigned trial, const char *strategy, unsigned harts, const char *status)
{
	record_begin("trial");
	record_u64("trial", trial);
	record_text("strategy", strategy);
	record_u64("harts", harts);
	record_text("status", status);
	record_end();
}

void send_plan(const struct plan *plan)
{
	record_begin("plan");
	record_u64("format", PLAN_FORMAT);
	record_u64("trials", plan->trials);
	record_u64("size", plan->work.size);
	record_u64("align", plan->work.align);
	record_u64("batch", plan->work.batch);
	record_u64("clusters", plan->work.clusters);
	record_u64("hold", plan->work.hold);
	record_u64("think", plan->work.think);
	record_u64("think_range", plan->work.think_range);
	record_text("sizes", sizes_names[plan->work.sizes]);
	record_u64("touch", plan->work.touch);
	record_text("placement", placement_names[plan->work.placement]);
	record_u64("rate", plan->work.rate);
	record_u64("interrupt_us", plan->work.interrupt_us);
	record_u64("interrupt_length", plan->work.interrupt_length);
	record_u64("ipi_us", plan->work.ipi_us);
	record_u64("churn_us", plan->work.churn_us);
	record_u64("exhaust", plan->exhaust);
	record_text("irq", plan->work.irq_off ? "off" : "on");
	record_u64("duration_us", plan->duration_us);
	record_u64("fairness_us", plan->fairness_us);
	record_u64("warmup_us", plan->warmup_us);
	record_u64("seed", plan->seed);
	record_u64("passes", plan->passes);
	record_text("relax", forms_relax);
	record_text("unlock", forms_unlock);
	record_end();
}
