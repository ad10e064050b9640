#include "sample.h"

#include <string.h>

#include "mailbox.h"
#include "turn.h"

/* Returns the sample that comes next, or NULL. */
static struct mailbox_sample *next_sample(const struct machine *m)
{
	struct mailbox *box = mailbox_of(m);
	struct mailbox_sample *next = NULL;

	for (unsigned i = 0; i < MAILBOX_SAMPLES; i++) {
		struct mailbox_sample *s = &box->sample[i];

		if (s->time != 0 && (next == NULL || s->time < next->time))
			next = s;
	}
	return next;
}

void sample_schedule(struct machine *m)
{
	const struct mailbox_sample *next = next_sample(m);

	m->region.due = next ? next->time * TICKS_PER_CYCLE : NEVER;
}

static void copy_words(const struct machine *m, const struct mailbox_sample *s)
{
	for (uint64_t i = 0; i < s->count; i++)
		memcpy(mailbox_guest(m, s->to + i * s->stride, sizeof(uint64_t)),
		       mailbox_guest(m, s->from + i * s->stride, sizeof(uint64_t)),
		       sizeof(uint64_t));
}

/* The first sample opens the window, and the second one closes it. */
static void count_sample(struct machine *m)
{
	if (++m->region.samples == 1)
		memcpy(m->region.count_at_open, m->coherence.count,
		       sizeof(m->region.count_at_open));
	else
		mailbox_report_counts(m);
}

/* It happens at once; only the flag's line is taken from the harts. */
static void make_sample(struct machine *m, const struct mailbox_sample *s, uint32_t *flag)
{
	copy_words(m, s);
	memcpy(mailbox_guest(m, s->stamp, sizeof(s->time)), &s->time, sizeof(s->time));
	*flag = s->value;
	turn_reach(m, (struct turn){s->time * TICKS_PER_CYCLE, 0, MACHINE_NOBODY});
	turn_lose(m, coherence_device_write(&m->coherence, s->flag), s->flag / LINE_BYTES);
	count_sample(m);
}

void sample_take(struct machine *m)
{
	struct mailbox_sample *s = next_sample(m);
	uint32_t *flag = mailbox_guest(m, s->flag, sizeof(*flag));

	if (*flag == s->expect)
		make_sample(m, s, flag);
	m->region.bound = (s->time + m->settings.livelock) * TICKS_PER_CYCLE;
	s->time = 0;
	sample_schedule(m);
}
