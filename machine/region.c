#include "region.h"

#include <string.h>

#include "memory.h"
#include "turn.h"

/* Regions begin at a multiple of this, so that what is read of a clock in one does not
 * depend on how long those before it took; */
#define START_STEP_CYCLES 1000000000ul
/* and harts begin within as many cycles of each other. */
enum { START_SPREAD_CYCLES = 1000 };

uint64_t region_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* The kernel's memory at `address`, which it has told. */
static void *guest(struct machine *m, uint64_t address, uint64_t bytes)
{
	void *at = ram_at(m, address, bytes);

	if (at == NULL)
		machine_fail(m, MACHINE_MISUSED,
			     "the kernel names an address where there is no memory");
	return at;
}

static struct mailbox *mailbox(struct machine *m)
{
	return guest(m, m->mailbox, sizeof(struct mailbox));
}

void region_found_mailbox(struct machine *m, uint64_t address)
{
	struct mailbox *box;

	m->finding = false;
	m->mailbox = address;
	box = mailbox(m);
	box->hz = m->profile->clock_mhz * 1000000;
	box->cluster_harts = m->profile->cluster_harts;
	box->magic = MAILBOX_MAGIC;
}

bool region_in_mailbox(const struct machine *m, uint64_t address)
{
	return m->mailbox != 0 && address - m->mailbox < sizeof(struct mailbox);
}

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
	uint64_t late = region_mix(m->settings.seed ^ region_mix(h->id)) %
			(START_SPREAD_CYCLES * TICKS_PER_CYCLE);

	h->clock = from * TICKS_PER_CYCLE + late;
	h->waited = 0;
	h->state = HART_RUNS;
	store_buffer_reset(&h->stores, (unsigned)m->profile->store_buffer);
	spin_reset(&h->spin);
	turn_changed(m, h);
}

/* All have joined. */
static void begin(struct machine *m)
{
	struct region *r = &m->region;
	uint64_t from = first_cycle(m);

	coherence_reset(&m->coherence);
	memset(r->count_at_open, 0, sizeof(r->count_at_open));
	r->samples = r->joined = r->left = 0;
	r->due = NEVER;
	r->active = true;
	r->bound = (from + START_SPREAD_CYCLES + m->settings.livelock) * TICKS_PER_CYCLE;
	m->reached = (struct turn){0, 0, MACHINE_NOBODY};
	m->reserved = 0;
	for (unsigned i = 0; i < MAILBOX_SAMPLES; i++)
		mailbox(m)->sample[i].time = 0;
	for (unsigned h = 0; h < m->harts; h++)
		m->hart[h].reserved = NO_LINE;
	for (unsigned h = 0; h < r->harts; h++)
		begin_hart(m, &m->hart[h], from);
}

static void join(struct machine *m, struct hart *h)
{
	uint64_t harts = mailbox(m)->harts;

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

static void report_counts(struct machine *m)
{
	struct mailbox *box = mailbox(m);

	for (unsigned i = 0; i < MAILBOX_COUNTS; i++)
		box->count[i] = m->coherence.count[i] - m->region.count_at_open[i];
	box->count[COUNT_QUEUED] /= TICKS_PER_CYCLE;
}

static void end(struct machine *m)
{
	if (m->region.samples < MAILBOX_SAMPLES)
		report_counts(m);
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

/* The sample that comes next, or NULL. */
static struct mailbox_sample *next_sample(struct machine *m)
{
	struct mailbox_sample *next = NULL;

	for (unsigned i = 0; i < MAILBOX_SAMPLES; i++) {
		struct mailbox_sample *s = &mailbox(m)->sample[i];

		if (s->time != 0 && (next == NULL || s->time < next->time))
			next = s;
	}
	return next;
}

static void find_due(struct machine *m)
{
	const struct mailbox_sample *next = next_sample(m);

	m->region.due = next ? next->time * TICKS_PER_CYCLE : NEVER;
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
		find_due(m);
	else if (which == MARK_OFF && m->region.active)
		end(m);
	turn_limit(m, h);
}

static void copy_words(struct machine *m, const struct mailbox_sample *s)
{
	for (uint64_t i = 0; i < s->count; i++)
		memcpy(guest(m, s->to + i * s->stride, 8), guest(m, s->from + i * s->stride, 8), 8);
}

/* A device does it, at once; only the flag's line is taken from the harts. */
void region_take_sample(struct machine *m)
{
	struct mailbox_sample *s = next_sample(m);
	uint32_t *flag = guest(m, s->flag, sizeof(*flag));
	struct turn turn = {s->time * TICKS_PER_CYCLE, 0, MACHINE_NOBODY};

	if (*flag == s->expect) {
		copy_words(m, s);
		memcpy(guest(m, s->stamp, 8), &s->time, 8);
		*flag = s->value;
		if (turn_before(m->reached, turn))
			m->reached = turn;
		turn_lose(m, coherence_device_write(&m->coherence, s->flag), s->flag / LINE_BYTES);
		if (++m->region.samples == 1)
			memcpy(m->region.count_at_open, m->coherence.count,
			       sizeof(m->region.count_at_open));
		else
			report_counts(m);
	}
	m->region.bound = turn.clock + m->settings.livelock * TICKS_PER_CYCLE;
	s->time = 0;
	find_due(m);
}
