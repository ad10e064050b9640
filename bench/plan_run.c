#include <stdbool.h>
#include <string.h>

#include "bench.h"
#include "clock_price.h"
#include "delay.h"
#include "pass.h"
#include "port.h"
#include "port_irq.h"
#include "probe.h"
#include "replay.h"
#include "report.h"
#include "variant.h"

/* Returns why this place cannot do that work, as a trial's status; NULL: it can. */
static const char *why_impossible(const struct workload *work)
{
	if (work->interrupt_us != 0 && !port_interrupts())
		return "no_interrupts";
	if ((work->ipi_us != 0 || work->shootdown != 0) && !port_disturbs())
		return "no_ipis";
	if (work->churn_us != 0 && !port_disturbs())
		return "no_stops";
	return work->irq_off && !PORT_MASKS ? "no_masking" : NULL;
}

/* Does the work need the workers whose harts owe each other answers? */
static bool has_duties(const struct workload *work)
{
	return work->shootdown != 0 || work->waiters != WAITERS_QUEUE ||
	       work->handler != HANDLER_COUNT;
}

/* The variants of the run's strategy. */
static const struct variants *variants_of(const struct pass_run *run)
{
	return &strategies[run->plan->trial[run->trial].strategy];
}

/* Returns why the chosen strategy has no worker for the work, as a trial's status; NULL: it has. */
static const char *why_no_worker(const struct pass_run *run)
{
	if (run->strategy == NULL)
		return replay_given() || has_duties(&run->work) || run->work.locks > 1
			     ? "no_section"
			     : "other_allocator";
	if (!pass_has_room(run))
		return "no_room";
	if (run->work.waiters == WAITERS_TRY && !*variants_of(run)->tries)
		return "no_trylock";
	return run->work.handler == HANDLER_LOCK && !*variants_of(run)->handled ? "not_in_traps"
										: NULL;
}

/* Fills in the trial's own workload, and the variant of the strategy that can do it; NULL: there is
 * none (why_no_worker()). */
static void choose_work(struct pass_run *run)
{
	const struct plan *plan = run->plan;
	const struct variants *of = variants_of(run);

	run->work = plan->work;
	run->work.watched = plan->work.interrupt_us != 0 || plan->work.ipi_us != 0;
	run->work.offset =
		placement_offset(&plan->work, random_mix(plan->seed + random_mix(run->trial)));
	run->lock_bytes = of->lock_bytes != NULL ? *of->lock_bytes : 0;
	run->strategy = replay_given()          ? of->replay
		      : has_duties(&plan->work) ? of->duty
		      : plan->work.locks > 1    ? of->many
		      : plan_needs_full(plan)   ? of->full[plan->work.allocator]
						: of->plain;
}

/* Returns the extension that the run's strategy needs and some hart lacks; NULL: none. */
static const char *lacking(const struct pass_run *run)
{
	const char *needs[] = {variants_of(run)->needs, run->strategy->relax_needs};

	for (unsigned i = 0; i < sizeof(needs) / sizeof(*needs); i++)
		if (needs[i] != NULL && !port_has(needs[i]))
			return needs[i];
	return NULL;
}

static void refuse(const struct pass_run *run, const char *extension)
{
	char status[32] = "needs_";

	strncat(status, extension, sizeof(status) - strlen(status) - 1);
	report_trial(run->trial, run->strategy->name, run->harts, status);
}

static void run_strategy(struct pass_run *run)
{
	for (run->pass = 0; run->pass < PASSES; run->pass++)
		if (run->plan->passes & 1u << run->pass)
			pass_play(run);
	if (run->plan->exhaust != 0)
		pass_exhaust(run);
	report_trial(run->trial, run->strategy->name, run->harts, "done");
}

static const char *name_of(const struct plan_trial *t)
{
	switch (t->strategy) {
	case PLAN_CLOCK:
		return "clock";
	case PLAN_PROBE:
		return "probe";
	default:
		return strategy_name(&strategies[t->strategy]);
	}
}

static void try_strategy(const struct plan *plan, unsigned id, unsigned harts)
{
	struct pass_run run = {.plan = plan, .trial = id, .harts = harts};
	const char *why, *extension;

	choose_work(&run);
	if ((why = why_no_worker(&run)) != NULL)
		report_trial(id, name_of(&plan->trial[id]), harts, why);
	else if ((extension = lacking(&run)) != NULL)
		refuse(&run, extension);
	else
		run_strategy(&run);
}

/* Returns why the trial cannot be run here, as its status; NULL: it can. */
static const char *why_not(const struct plan *plan, const struct plan_trial *t)
{
	if (t->strategy == PLAN_CLOCK)
		return NULL;
	if (t->harts > port_harts())
		return "too_few_harts";
	return t->strategy == PLAN_PROBE ? NULL : why_impossible(&plan->work);
}

static void run_trial(const struct plan *plan, unsigned id)
{
	const struct plan_trial *t = &plan->trial[id];
	const char *why = why_not(plan, t);

	if (why == NULL && t->strategy < strategy_count) {
		try_strategy(plan, id, t->harts);
		return;
	}
	if (why == NULL && t->strategy == PLAN_CLOCK)
		clock_price_run(id);
	if (why == NULL && t->strategy == PLAN_PROBE)
		probe_run(id, t->harts);
	report_trial(id, name_of(t), t->harts, why != NULL ? why : "done");
}

void bench_run(const struct plan *plan)
{
	report_plan(plan);
	for (unsigned id = 0; id < plan->trials; id++) {
		if (plan->inject[0] != 0 && id + 1 == plan->trials)
			port_inject(plan->inject);
		run_trial(plan, id);
	}
}
