#define _GNU_SOURCE
#include "region.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The clock at which regions start: 0 would read as "no model". */
enum { START_CYCLE = 1000, START_SPREAD_CYCLES = 1000 };

uint64_t region_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static void *guest(const struct model *m, uint64_t address)
{
	return (void *)((intptr_t)address + m->ram);
}

/* Keep all threads on one processor: they hand over fastest there, and never run at once
 * anyway. */
static void pin_thread(void)
{
	static _Atomic int processor = -1;
	int none = -1, here = sched_getcpu();
	cpu_set_t set;

	if (here < 0)
		return;
	if (!atomic_compare_exchange_strong(&processor, &none, here))
		here = none;
	CPU_ZERO(&set);
	CPU_SET(here, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
	/* A batch thread that is woken does not push its waker aside, which has
	 * yet to go to sleep: one switch a hand-over instead of two. */
	(void)sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){0});
}

void region_see_thread(struct model *m, unsigned h)
{
	pthread_mutex_lock(&m->joining);
	m->hart[h].thread = gettid();
	for (unsigned i = 0; i < SCHEDULE_HARTS; i++)
		if (i != h && m->hart[i].thread == m->hart[h].thread)
			model_fail(m, MODEL_MISUSED,
				   "two harts on one thread: QEMU must run with -accel "
				   "tcg,thread=multi "
				   "and without -icount");
	pthread_mutex_unlock(&m->joining);
	if (m->options->pinning)
		pin_thread();
}

void region_found_mailbox(struct model *m, uint64_t address)
{
	m->finding = false;
	m->mailbox = guest(m, address);
	m->mailbox->hz = m->profile->clock_mhz * 1000000;
	m->mailbox->cluster_harts = m->profile->cluster_harts;
	m->mailbox->now = START_CYCLE;
	m->mailbox->magic = MAILBOX_MAGIC;
}

/* Start the region: all harts have joined. */
static void begin(struct model *m)
{
	struct schedule *s = &m->schedule;

	coherence_reset(&m->coherence);
	memset(m->count_at_open, 0, sizeof(m->count_at_open));
	m->samples = 0;
	m->left = 0;
	s->due = SCHEDULE_NEVER;
	s->reached = (struct turn){0, 0, SCHEDULE_NOBODY};
	for (unsigned i = 0; i < MAILBOX_SAMPLES; i++)
		m->mailbox->sample[i].time = 0;
	for (unsigned h = 0; h < s->harts; h++) {
		uint64_t late = region_mix(m->options->seed ^ region_mix(h)) %
				(START_SPREAD_CYCLES * TICKS_PER_CYCLE);

		s->clock[h] = START_CYCLE * TICKS_PER_CYCLE + late;
		s->state[h] = HART_RUNS;
		s->waited[h] = 0;
		m->hart[h].owed = 0;
		line_predictor_reset(&m->hart[h].predictor);
		m->hart[h].line = LINE_NONE;
		m->hart[h].reserved = LINE_NONE;
		m->hart[h].at = NULL;
		m->hart[h].resume_pending = false;
		store_buffer_reset(&m->hart[h].store_buffer, (unsigned)m->profile->store_buffer);
		spin_reset(&m->hart[h].spin, s->clock[h]);
	}
	m->bound = (START_CYCLE + START_SPREAD_CYCLES + m->options->livelock) * TICKS_PER_CYCLE;
	atomic_store(&m->active, true);
}

/* Wait at the hart's gate. Once it lets the hart through, the other harts stand still,
 * unless all have left or the model is off. */
static void await_turn(struct model *m, unsigned h)
{
	gate_pass(&m->hart[h].gate);
	if (model_runs(m, h))
		schedule_limit(&m->schedule, h);
}

void region_join(struct model *m, unsigned h)
{
	struct schedule *s = &m->schedule;
	bool all;

	pthread_mutex_lock(&m->joining);
	if (m->mailbox->harts > m->profile->harts)
		model_fail(m, MODEL_MISUSED,
			   "the kernel uses more harts than the machine profile describes");
	if (h >= m->mailbox->harts)
		model_fail(m, MODEL_MISUSED, "a hart joins that is not among the first ones");
	s->harts = (unsigned)m->mailbox->harts;
	s->state[h] = HART_JOINED;
	all = ++m->joined == s->harts;
	if (all) {
		m->joined = 0;
		begin(m);
	}
	pthread_mutex_unlock(&m->joining);
	if (all && schedule_next(s) == (int)h)
		schedule_limit(s, h);
	else if (all)
		region_hand_over(m, h);
	else
		await_turn(m, h);
}

static void report_counts(struct model *m)
{
	for (unsigned i = 0; i < MAILBOX_COUNTS; i++)
		m->mailbox->count[i] = m->coherence.count[i] - m->count_at_open[i];
	m->mailbox->count[COUNT_QUEUED] /= TICKS_PER_CYCLE;
}

static void end(struct model *m)
{
	atomic_store(&m->active, false);
	if (m->samples < MAILBOX_SAMPLES)
		report_counts(m);
	m->mailbox->now = START_CYCLE;
	for (unsigned h = 0; h < m->schedule.harts; h++)
		m->schedule.state[h] = HART_FREE;
}

void region_leave(struct model *m, unsigned h)
{
	unsigned harts = m->schedule.harts;

	region_turn(m, h);
	if (++m->left < harts) {
		m->schedule.state[h] = HART_LEFT;
		region_hand_over(m, h);
		return;
	}
	end(m);
	for (unsigned i = 0; i < harts; i++)
		if (i != h)
			gate_open(&m->hart[i].gate);
}

/* Returns the sample that comes next, or NULL. */
static struct mailbox_sample *next_sample(const struct model *m)
{
	struct mailbox_sample *next = NULL;

	for (unsigned i = 0; i < MAILBOX_SAMPLES; i++) {
		struct mailbox_sample *s = &m->mailbox->sample[i];

		if (s->time != 0 && (next == NULL || s->time < next->time))
			next = s;
	}
	return next;
}

static void find_due(struct model *m)
{
	const struct mailbox_sample *next = next_sample(m);

	m->schedule.due = next ? next->time * TICKS_PER_CYCLE : SCHEDULE_NEVER;
	if (next != NULL)
		m->bound = (next->time + m->options->livelock) * TICKS_PER_CYCLE;
}

void region_set_samples(struct model *m, unsigned h)
{
	find_due(m);
	schedule_limit(&m->schedule, h);
}

static void copy_words(const struct model *m, const struct mailbox_sample *s)
{
	for (uint64_t i = 0; i < s->count; i++)
		*(uint64_t *)guest(m, s->to + i * s->stride) =
			*(const uint64_t *)guest(m, s->from + i * s->stride);
}

/* Take a sample at once, as a device would: only the flag's line is taken from the harts. */
static void take_sample(struct model *m)
{
	struct mailbox_sample *s = next_sample(m);
	uint32_t *flag = guest(m, s->flag);

	if (*flag == s->expect) {
		copy_words(m, s);
		*(uint64_t *)guest(m, s->stamp) = s->time;
		*flag = s->value;
		schedule_reach_sample(&m->schedule, s->time * TICKS_PER_CYCLE);
		region_wake(m, coherence_device_write(&m->coherence, s->flag),
			    s->flag / LINE_BYTES);
		if (++m->samples == 1)
			memcpy(m->count_at_open, m->coherence.count, sizeof(m->count_at_open));
		else
			report_counts(m);
	}
	s->time = 0;
	find_due(m);
}

/* The hart whose turn it would be may have an access that takes effect only later.
 * Returns true if so, and moves its turn there. That needs no waking of its thread, and
 * can happen again and again. */
static bool postpone(struct model *m, unsigned h)
{
	struct schedule *s = &m->schedule;
	const struct hart *hart = &m->hart[h];
	uint64_t effect;

	if (hart->line == LINE_NONE)
		return false;
	effect = coherence_effect(&m->coherence, h, hart->wants, hart->line, hart->issued);
	if (effect <= s->clock[h])
		return false;
	s->clock[h] = effect;
	s->waited[h] = effect - hart->issued;
	return true;
}

/* Take the samples that come before anything a hart does. Returns the hart that is next. */
static int next_hart(struct model *m)
{
	int next;

	for (;;) {
		next = schedule_next(&m->schedule);
		if (schedule_sample_due(&m->schedule, next))
			take_sample(m);
		else if (next == SCHEDULE_NOBODY || !postpone(m, (unsigned)next))
			break;
	}
	if (next == SCHEDULE_NOBODY && !model_is_off(m))
		model_fail(m, MODEL_DEADLOCK, "deadlock: every hart waits for another");
	return next;
}

static void look_at_clock(struct model *m, unsigned h)
{
	m->hart[h].last_turn = m->schedule.clock[h];
	if (m->schedule.clock[h] > m->bound && m->schedule.due == SCHEDULE_NEVER)
		model_fail(m, MODEL_LIVELOCK, "livelock: harts do not end after the window's end");
}

void region_turn(struct model *m, unsigned h)
{
	if (schedule_may_go_on(&m->schedule, h) && m->schedule.clock[h] <= m->bound &&
	    !postpone(m, h))
		return;
	look_at_clock(m, h);
	if (next_hart(m) == (int)h)
		schedule_limit(&m->schedule, h);
	else
		region_hand_over(m, h);
}

void region_hand_over(struct model *m, unsigned h)
{
	int next = next_hart(m);

	if (next == SCHEDULE_NOBODY)
		return;
	gate_open(&m->hart[next].gate);
	await_turn(m, h);
}

/* Let a woken hart wait for the line that it lost, on behalf of its thread. The hart will
 * go on from its `pause` at clock spin.begin and issue its round's first load. That is the
 * load of the lost line, so all of this is known, and the thread need not run for it. */
static void wake_on_line(struct model *m, unsigned h)
{
	struct hart *hart = &m->hart[h];
	const struct spin_round *round = &hart->spin.before;

	hart->wants = ACCESS_LOAD;
	hart->line = line_predictor_expect(&hart->predictor, round->load[0].pc);
	hart->issued = hart->spin.begin + round->load[0].offset;
	m->schedule.clock[h] = hart->issued;
	m->schedule.waited[h] = 0;
	hart->resume_pending = true;
}

void region_resume(struct model *m, unsigned h)
{
	struct hart *hart = &m->hart[h];

	if (!hart->resume_pending)
		return;
	hart->resume_pending = false;
	hart->line = LINE_NONE;
	m->schedule.clock[h] = hart->spin.begin;
	m->schedule.waited[h] = 0;
}

void region_wake(struct model *m, uint64_t lost, uint64_t line)
{
	const struct schedule *s = &m->schedule;

	for (; lost != 0; lost &= lost - 1) {
		unsigned h = (unsigned)__builtin_ctzll(lost);
		struct spin *spin = &m->hart[h].spin;

		if (m->hart[h].reserved == line)
			m->hart[h].reserved = LINE_NONE;
		if (m->schedule.state[h] != HART_SLEEPS || !spin_watches(spin, line))
			continue;
		m->schedule.clock[h] =
			spin_wake(spin, line, s->reached.clock, schedule_before_reached(s, h));
		m->schedule.state[h] = HART_RUNS;
		spin->begin = m->schedule.clock[h];
		if (spin_begins_with(spin, line))
			wake_on_line(m, h);
		spin_reset(spin, spin->begin);
	}
}
