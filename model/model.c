#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "region.h"

bool model_init(struct model *m, const struct profile *profile, const struct options *options)
{
	memset(m, 0, sizeof(*m));
	m->profile = profile;
	m->options = options;
	m->schedule.due = SCHEDULE_NEVER;
	pthread_mutex_init(&m->joining, NULL);
	return coherence_init(&m->coherence, profile, region_mix(options->seed));
}

void model_set_ram(struct model *m, intptr_t ram)
{
	m->ram = ram;
	m->finding = m->mailbox == NULL;
}

bool model_runs(const struct model *m, unsigned h)
{
	return m->schedule.state[h] == HART_RUNS;
}

bool model_is_off(const struct model *m)
{
	/* relaxed: a hart that sees the flag a moment late does no harm. */
	return atomic_load_explicit(&m->off, memory_order_relaxed);
}

void model_off(struct model *m)
{
	atomic_store_explicit(&m->off, true, memory_order_relaxed);
	for (unsigned h = 0; h < SCHEDULE_HARTS; h++) {
		m->schedule.state[h] = HART_FREE;
		gate_open(&m->hart[h].gate);
	}
}

static void advance(struct model *m, unsigned h, uint64_t ticks)
{
	m->schedule.clock[h] += m->hart[h].owed + ticks;
	m->hart[h].owed = 0;
}

/* Charge an SC that failed. It is known by the access that did not come. */
static void settle(struct model *m, unsigned h)
{
	struct hart *hart = &m->hart[h];

	if (hart->at != NULL && hart->at->class == INSN_SC) {
		m->schedule.clock[h] = coherence_sc_failed(&m->coherence, h, hart->issued);
		spin_disturb(&hart->spin);
		hart->reserved = LINE_NONE;
	}
	hart->at = NULL;
}

/* A hart goes ahead of the others while its LR keeps a line, for lr_hold cycles at
 * most: a hart that wants that line has to wait anyway, and QEMU's SC compares values,
 * so that nobody may write it in between. Its accesses to other lines in that time
 * come a little too early. */
static bool goes_ahead(struct model *m, unsigned h)
{
	uint64_t clock = m->schedule.clock[h];

	if (coherence_holds(&m->coherence, h, clock))
		return true;
	coherence_let_go(&m->coherence, h, clock);
	return false;
}

static void wait_for_stores(struct model *m, unsigned h)
{
	m->schedule.clock[h] = store_buffer_request(&m->hart[h].store_buffer, m->schedule.clock[h]);
}

/* A store is made when it asks for its line, but its hart goes on as soon as the buffer
 * has it. Until the access is charged, the schedule's clock is that of the request. */
static void issue_store(struct model *m, unsigned h)
{
	struct hart *hart = &m->hart[h];
	uint64_t *clock = &m->schedule.clock[h];

	hart->admitted = store_buffer_admit(&hart->store_buffer, *clock);
	*clock =
		store_buffer_request(&hart->store_buffer, hart->admitted) + m->profile->store_delay;
}

static enum access access_of(enum insn_class class)
{
	switch (class) {
	case INSN_STORE:
		return ACCESS_STORE;
	case INSN_AMO:
		return ACCESS_AMO;
	case INSN_LR:
		return ACCESS_LR;
	case INSN_SC:
		return ACCESS_SC;
	default:
		return ACCESS_LOAD;
	}
}

/* Wait until the access takes effect. A miss takes effect when the harts that have the
 * line are asked for it, after the requests that came before. */
static void wait_for_line(struct model *m, unsigned h, const struct stop *stop)
{
	struct hart *hart = &m->hart[h];

	hart->wants = access_of(stop->class);
	hart->line = line_predictor_expect(&hart->predictor, stop->pc);
	region_turn(m, h);
	schedule_reach(&m->schedule, h);
	hart->line = LINE_NONE;
	m->schedule.waited[h] = 0;
}

/* Wait for everything that an instruction needs before it accesses memory. */
static void issue(struct model *m, unsigned h, const struct stop *stop)
{
	if (stop->class == INSN_STORE)
		issue_store(m, h);
	else if (stop->class != INSN_LOAD)
		wait_for_stores(m, h);
	m->hart[h].issued = m->schedule.clock[h];
	if (stop->class == INSN_STORE || stop->class == INSN_AMO) /* an LR before it has no SC */
		coherence_let_go(&m->coherence, h, m->schedule.clock[h]);
	if (!goes_ahead(m, h))
		wait_for_line(m, h, stop);
}

/* Let a hart whose loop only waits sleep until something it looks at changes. */
static void pause_here(struct model *m, unsigned h)
{
	struct spin *spin = &m->hart[h].spin;

	coherence_let_go(&m->coherence, h, m->schedule.clock[h]);
	if (!spin_pause(spin, m->hart[h].pc, m->schedule.clock[h]) || !m->options->parking)
		return;
	/* From here on, a hart that takes one of its lines wakes it, at a clock that may
	 * be earlier or later than its own. */
	for (unsigned i = 0; i < spin->before.loads; i++)
		if (!coherence_has(&m->coherence, h, spin->before.load[i].line))
			return;
	m->schedule.state[h] = HART_SLEEPS;
	region_hand_over(m, h);
	region_resume(m, h);
}

/* Stall a hart at a wrs until its reservation is lost. The time-out of wrs.sto is left out. */
static void stall_here(struct model *m, unsigned h)
{
	struct hart *hart = &m->hart[h];

	coherence_let_go(&m->coherence, h, m->schedule.clock[h]);
	if (hart->reserved == LINE_NONE || !coherence_has(&m->coherence, h, hart->reserved))
		return;
	spin_stall(&hart->spin, hart->pc, hart->reserved, m->schedule.clock[h]);
	m->schedule.state[h] = HART_SLEEPS;
	region_hand_over(m, h);
}

static void mark(struct model *m, unsigned h, unsigned which)
{
	switch (which) {
	case MARK_JOIN:
		region_join(m, h);
		break;
	case MARK_LEAVE:
		region_leave(m, h);
		break;
	case MARK_SAMPLE:
		region_set_samples(m, h);
		break;
	case MARK_OFF:
		model_off(m);
		break;
	default:
		break;
	}
}

void model_before(struct model *m, unsigned h, const struct stop *stop)
{
	struct hart *hart = &m->hart[h];

	if (hart->thread == 0)
		region_see_thread(m, h);
	if (model_is_off(m))
		return;
	hart->pc = stop->pc;
	if (!model_runs(m, h)) {
		if (stop->class == INSN_MARK && m->mailbox != NULL)
			mark(m, h, stop->mark);
		return;
	}
	settle(m, h);
	advance(m, h, stop->before);
	hart->owed = stop->after;
	if (stop->class == INSN_MARK) {
		mark(m, h, stop->mark);
		return;
	}
	if (stop->class == INSN_PAUSE) {
		pause_here(m, h);
		return;
	}
	if (stop->class == INSN_WRS) {
		stall_here(m, h);
		return;
	}
	if (stop->class == INSN_DRAIN) {
		wait_for_stores(m, h);
		return;
	}
	issue(m, h, stop);
	m->mailbox->now = hart->issued / TICKS_PER_CYCLE;
	/* relaxed: the watchdog only looks whether it changes. */
	atomic_store_explicit(&m->progress, m->schedule.clock[h], memory_order_relaxed);
	hart->at = stop;
}

static bool in_mailbox(const struct model *m, uint64_t address)
{
	uint64_t at = (uint64_t)((intptr_t)m->mailbox - m->ram);

	return address - at < sizeof(*m->mailbox);
}

/* Returns when the hart goes on after a store that had its line at `done`. */
static uint64_t after_store(struct model *m, unsigned h, uint64_t done)
{
	struct hart *hart = &m->hart[h];

	store_buffer_put(&hart->store_buffer, done);
	return hart->store_buffer.room != 0 ? hart->admitted + m->profile->l1_store : done;
}

/* Keep the line that an LR reserves, until an SC, or until region_wake() hears that it is
 * lost. */
static void reserve(struct hart *hart, enum access kind, uint64_t line)
{
	if (kind == ACCESS_LR)
		hart->reserved = line;
	if (kind == ACCESS_SC)
		hart->reserved = LINE_NONE;
}

static void wake(struct model *m, unsigned h, uint64_t lost, uint64_t line)
{
	region_wake(m, lost, line);
	schedule_limit(&m->schedule, h);
}

static void charge(struct model *m, unsigned h, uint64_t address, enum access kind)
{
	struct hart *hart = &m->hart[h];
	uint64_t issued = hart->issued;
	struct outcome o = coherence_access(&m->coherence, h, kind, address, issued);

	m->schedule.clock[h] = kind == ACCESS_STORE ? after_store(m, h, o.done) : o.done;
	reserve(hart, kind, address / LINE_BYTES);
	if (kind == ACCESS_LOAD)
		spin_load(&hart->spin, hart->pc, address / LINE_BYTES, issued,
			  o.done - issued - m->profile->l1_load);
	else
		spin_disturb(&hart->spin);
	if (o.lost != 0)
		wake(m, h, o.lost, address / LINE_BYTES);
}

void model_access(struct model *m, unsigned h, uint64_t address, const struct stop *stop)
{
	struct hart *hart = &m->hart[h];

	if (m->finding && stop->class == INSN_STORE) {
		region_found_mailbox(m, address);
		return;
	}
	if (hart->at != stop || model_is_off(m))
		return; /* the access is not modelled, or is the second half of an AMO */
	hart->at = NULL;
	if (in_mailbox(m, address)) { /* an access to the mailbox costs nothing */
		m->schedule.clock[h] = hart->issued;
		spin_disturb(&hart->spin);
		return;
	}
	line_predictor_learn(&hart->predictor, stop->pc, address / LINE_BYTES);
	charge(m, h, address, access_of(stop->class));
}

void model_pass(struct model *m, unsigned h, uint64_t ticks)
{
	enum { LONG = 100000 * TICKS_PER_CYCLE };

	if (!model_runs(m, h) || model_is_off(m))
		return;
	settle(m, h);
	advance(m, h, ticks);
	if (m->schedule.clock[h] - m->hart[h].last_turn > LONG)
		region_turn(m, h);
}

static const char *const state_names[] = {
	[HART_FREE] = "free",     [HART_JOINED] = "waits for the others to join",
	[HART_RUNS] = "runs",     [HART_SLEEPS] = "spins",
	[HART_LEFT] = "has left",
};

_Noreturn void model_fail(struct model *m, enum model_failure why, const char *what)
{
	fprintf(stderr, "hartlock-model: %s\n", what);
	for (unsigned h = 0; h < m->schedule.harts; h++) {
		const struct spin_round *round = &m->hart[h].spin.before;

		fprintf(stderr, "hartlock-model: hart %u pc 0x%llx cycle %llu %s", h,
			(unsigned long long)m->hart[h].pc,
			(unsigned long long)(m->schedule.clock[h] / TICKS_PER_CYCLE),
			state_names[m->schedule.state[h]]);
		if (m->schedule.state[h] == HART_SLEEPS)
			for (unsigned i = 0; i < round->loads; i++)
				fprintf(stderr, " line 0x%llx",
					(unsigned long long)round->load[i].line * LINE_BYTES);
		fputc('\n', stderr);
	}
	fflush(stderr);
	_exit(why);
}
