#include "report.h"

#include "audit.h"
#include "cluster.h"
#include "exhaust.h"
#include "fairness.h"
#include "many.h"
#include "port.h"
#include "record.h"
#include "variant.h"
#include "window.h"

static const char *const ended_names[] = {
	[ENDED_TIME] = "time", [ENDED_HEAP] = "heap", [ENDED_LOG] = "log"};

/* Report what the owners of several locks counted. */
static void report_many(void)
{
	uint64_t most, sections = many_sections(&most);

	record_u64("touched", many_touched());
	record_u64("sections", sections);
	record_u64("busiest", most);
}

static void report_summary(const struct pass_run *run, size_t used)
{
	record_begin("pass");
	record_u64("trial", run->trial);
	record_text("pass", pass_names[run->pass]);
	record_text("strategy", run->strategy->name);
	record_text("variant", run->strategy->variant);
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
	if (run->work.locks > 1)
		report_many();
	else
		record_u64("touched", touch_lines_sum());
	record_end();
}

static void report_counters(const struct pass_run *run)
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

/* Returns the latency pass's counts of the window; those of the warm-up, if the heap ended before
 * the window opened. */
static const struct latency *measured(const struct hart_stats *s)
{
	return &s->latency[window.open_time != 0];
}

static void report_share(const struct pass_run *run, const struct hart_stats *s)
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
#define COUNTER(name, ...) record_u64(#name, s->name);
#define LATENCY_COUNTER(name, ...)     \
	if (run->pass == PASS_LATENCY) \
		record_u64(#name, measured(s)->name);
#define AUDIT_COUNTER(name, ...)     \
	if (run->pass == PASS_AUDIT) \
		record_u64(#name, s->name);
#include "counters.def"
	record_end();
}

void report_histogram(unsigned trial, unsigned hart, const char *kind, const struct histogram *h)
{
	record_begin("hist");
	record_u64("trial", trial);
	record_u64("hart", hart);
	record_text("kind", kind);
	histogram_record(h);
	record_end();
}

static void report_latency(unsigned trial, unsigned hart, const struct latency *l)
{
	report_histogram(trial, hart, "wait", &l->wait);
	if (l->hold.count != 0)
		report_histogram(trial, hart, "hold", &l->hold);
	if (l->response.count != 0)
		report_histogram(trial, hart, "response", &l->response);
}

static void report_audit(const struct pass_run *run)
{
	record_begin("audit");
	record_u64("trial", run->trial);
	record_u64("granule", audit_granule());
	record_u64("marked", audit_marked());
	record_end();
}

static const char *const order_names[] = {
	[ORDER_NUMBERS] = "numbers", [ORDER_ADDRESSES] = "addresses", [ORDER_UNKNOWN] = "unknown"};

static void report_fair(const struct pass_run *run)
{
	struct fair f =
		fairness_walk(&run->plan->work, run->stats, run->harts, run->strategy->order);

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

static void report_fair_hart(const struct pass_run *run, unsigned hart)
{
	const struct fair_hart *f = fairness_hart(hart);

	if (f->overtaken.count != 0)
		report_histogram(run->trial, hart, "overtaken", &f->overtaken);
	if (f->bypass.count != 0)
		report_histogram(run->trial, hart, "bypass", &f->bypass);
	if (f->reacquire.count != 0)
		report_histogram(run->trial, hart, "reacquire", &f->reacquire);
	if (f->handoff.count != 0)
		report_histogram(run->trial, hart, "handoff", &f->handoff);
}

void report_exhaust(const struct pass_run *run, const struct exhaust *sum)
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

void report_pass(const struct pass_run *run, size_t used)
{
	report_summary(run, used);
	report_counters(run);
	if (run->pass == PASS_AUDIT)
		report_audit(run);
	if (run->pass == PASS_FAIRNESS)
		report_fair(run);
	for (unsigned i = 0; i < run->harts; i++) {
		report_share(run, &run->stats[i]);
		if (run->pass == PASS_FAIRNESS)
			report_fair_hart(run, i);
		if (run->pass == PASS_LATENCY)
			report_latency(run->trial, i, measured(&run->stats[i]));
	}
}

void report_trial(unsigned trial, const char *strategy, unsigned harts, const char *status)
{
	record_begin("trial");
	record_u64("trial", trial);
	record_text("strategy", strategy);
	record_u64("harts", harts);
	record_text("status", status);
	record_end();
}

static void report_key(const struct plan *plan, const struct plan_key *key)
{
	const char *word;
	size_t length;

	if (key->words == NULL) {
		record_u64(key->name, plan_value(plan, key));
		return;
	}
	word = plan_word(key, plan_value(plan, key), &length);
	record_key(key->name);
	while (length-- != 0)
		record_part_char(*word++);
}

void report_plan(const struct plan *plan)
{
	record_begin("plan");
	record_u64("format", PLAN_FORMAT);
	record_u64("trials", plan->trials);
	for (size_t i = 0; i < plan_key_count; i++)
		report_key(plan, &plan_keys[i]);
	record_u64("passes", plan->passes);
	record_text("relax", forms_relax);
	record_text("unlock", forms_unlock);
	record_end();
}
