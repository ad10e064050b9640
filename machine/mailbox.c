#include "mailbox.h"

#include "fail.h"
#include "memory.h"

void *mailbox_guest(const struct machine *m, uint64_t address, uint64_t bytes)
{
	void *at = ram_at(m, address, bytes);

	if (at == NULL)
		machine_fail(m, MACHINE_MISUSED,
			     "the kernel names an address where there is no memory");
	return at;
}

struct mailbox *mailbox_of(const struct machine *m)
{
	return mailbox_guest(m, m->mailbox, sizeof(struct mailbox));
}

void mailbox_found(struct machine *m, uint64_t address)
{
	struct mailbox *box;

	m->finding = false;
	m->mailbox = address;
	box = mailbox_of(m);
	box->hz = m->profile->clock_mhz * 1000000;
	box->cluster_harts = m->profile->cluster_harts;
	box->magic = MAILBOX_MAGIC;
}

void mailbox_report_counts(struct machine *m)
{
	struct mailbox *box = mailbox_of(m);

	for (unsigned i = 0; i < MAILBOX_COUNTS; i++)
		box->count[i] = m->coherence.count[i] - m->region.count_at_open[i];
	box->count[COUNT_QUEUED] /= TICKS_PER_CYCLE;
}
