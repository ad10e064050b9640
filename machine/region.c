#include "region.h"

#include "fail.h"
#include "mailbox.h"
#include "mix.h"
#include "sample.h"
#include "turn.h"

/* Regions begin at a multiple of this, so that what is read of a clock in one does not
 * depend on how long those before it took; */
#define START_STEP_CYCLES 1000000000ul
/* and harts begin within as many cycles of each other. */
enum { START_SPREAD_CYCLES = 1000 };

/* Returns the cycle that the region begins at. */
static uint64_t first_cycle(const struct machine *m)
{
	uint64_t clock = 0;

	for (unsigned h = 0; h < m->region.harts; h++)
		if (m->hart[h].clock > clock)
			clock = m->hart[h].clock;
	return (cycles(clock) / START_STEP_CYCLES + 1) * START_STEP_CYCLES;
}

static void begin_hart(struct machine *m, struct hart *h, uint64_t from)
{
	uint64_t late =
		mix(m->settings.seed ^ mix(h->id)) % (START_SPREAD_CYCLES * TICKS_PER_CYCLE);

	h->results.late = 0;
	store_buffer_reset(&h->stores, (unsigned)m->profile->store_buffer,
			   (unsigned)m->profile->store_misses);
	turn_begin(m, h, from * TICKS_PER_CYCLE + late);
}

/* Nothing is left of what was before: caches are cold, and there is no reservation. */
static void clear(struct machine *m)
{
	struct mailbox *box = mailbox_of(m);

	coherence_reset(&m->coherence);
	m->reached = (struct turn){0, 0, MACHINE_NOBODY};
	m->reserved = 0;
	for (unsigned h = 0; h < m->harts; h++)
		m->hart[h].reserved = NO_LINE;
	for (unsigned i = 0; i < MAILBOX_SAMPLES; i++)
		box->sample[i].time = 0;
}

/* All have joined. */
static void begin(struct machine *m)
{
	uint64_t from = first_cycle(m), last = from + START_SPREAD_CYCLES;

	clear(m);
	m->region = (struct region){
		.active = true,
		.harts = m->region.harts,
		.due = NEVER,
		.bound = (last + m->settings.livelock) * TICKS_PER_CYCLE,
	};
	for (unsigned h = 0; h < m->region.harts; h++)
		begin_hart(m, &m->hart[h], from);
}

static void join(struct machine *m, struct hart *h)
{
	uint64_t harts = mailbox_of(m)->harts;

	if (harts > m->profile->harts)
		machine_fail(m, MACHINE_MISUSED,
			     "the kernel uses more harts than the machine profile describes");
	if (h->id >= harts)
		machine_fail(m, MACHINE_MISUSED, "a hart joins that is not among the first ones");
	h->state = HART_JOINED;
	m->region.harts = (unsigned)harts;
	if (++m->region.joined == harts)
		begin(m);
}

static void end(struct machine *m)
{
	if (m->region.samples < MAILBOX_SAMPLES)
		mailbox_report_counts(m);
	m->region.active = false;
	m->region.due = NEVER;
	for (unsigned h = 0; h < m->harts; h++) {
		if (m->hart[h].state == HART_LEFT)
			m->hart[h].state = HART_RUNS;
		turn_changed(m, &m->hart[h]);
	}
}

static void leave(struct machine *m, struct hart *h)
{
	h->state = HART_LEFT;
	if (++m->region.left == m->region.harts)
		end(m);
}

void region_mark(struct machine *m, struct hart *h, unsigned which)
{
	spin_disturb(&h->spin);
	if (which == MARK_MAILBOX)
		m->finding = m->mailbox == 0;
	if (m->mailbox == 0)
		return;
	if (which == MARK_JOIN && !m->region.active)
		join(m, h);
	else if (which == MARK_LEAVE && m->region.active)
		leave(m, h);
	else if (which == MARK_SAMPLE && m->region.active)
		sample_schedule(m);
	else if (which == MARK_OFF && m->region.active)
		end(m);
	turn_limit(m, h);
}
