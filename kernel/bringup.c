#include "bringup.h"

#include <string.h>

#include "clock.h"
#include "counter.h"
#include "csr.h"
#include "hart.h"
#include "hotplug.h"
#include "stacks.h"
#include "timer.h"
#include "trap.h"
#include "work.h"

enum { START_LIMIT_S = 5 };

extern char __tls_start[], __tls_data_end[];
_Noreturn void bringup_hart(struct hart *h);

/* Set up what every hart has of its own: thread-local storage, traps, interrupts. A hart
 * that had stopped itself keeps what is in its thread-local storage. */
static void init_self(struct hart *h)
{
	if (h->resume_at == 0)
		memcpy(h->tls, __tls_start, __tls_data_end - __tls_start);
	__asm__ volatile("mv tp, %0" ::"r"(h->tls));
	this_hart = h;
	trap_init(&h->frame, (uintptr_t)h->trap_stack + TRAP_STACK);
	csr_clear(sstatus, SSTATUS_SIE);
	csr_write(sie, SIE_SSIE);
	h->has_cycle = counter_cycle_is_readable();
}

void bringup_boot_hart(unsigned long boot_id, const struct machine *m)
{
	struct hart *boot = hart_fill_table(boot_id, m);

	stacks_init();
	init_self(boot);
	(void)hart_change_state(boot, HART_ABSENT, HART_ONLINE);
}

static void start(struct hart *h)
{
	if (!hart_change_state(h, HART_ABSENT, HART_STARTING))
		return; /* it runs already: the boot hart */
	h->start_error = hotplug_power_on(h);
	if (h->start_error != 0)
		(void)hart_change_state(h, HART_STARTING, HART_FAILED);
}

static unsigned count_starting(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < hart_slot_count(); i++)
		n += hart_state(hart_slot(i)) == HART_STARTING;
	return n;
}

/* Wait until all have come, or none has for `limit` ticks: a busy host may take a while to
 * run 64 of them. Each hart that comes sends an IPI, and a timer is set: spinning here
 * would keep an emulator with one thread from running them. */
static void await_all(uint64_t limit)
{
	uint64_t deadline = 0;
	unsigned waiting = 0;

	for (;;) {
		unsigned now = count_starting();

		if (now != waiting) {
			waiting = now;
			deadline = clock_time() + limit;
			timer_timeout(deadline);
		}
		if (waiting == 0 || clock_time() >= deadline)
			break;
		work_idle();
	}
	timer_alarm_off();
}

unsigned bringup_start_all(const struct machine *m)
{
	for (unsigned i = 0; i < hart_slot_count(); i++)
		start(hart_slot(i));
	await_all(START_LIMIT_S * m->timebase_hz);
	/* A hart that has not come is given up. Only one that is still starting changes. */
	for (unsigned i = 0; i < hart_slot_count(); i++)
		(void)hart_change_state(hart_slot(i), HART_STARTING, HART_FAILED);
	return hart_give_indices();
}

/* start.S comes here with every hart but the boot hart. */
void bringup_hart(struct hart *h)
{
	init_self(h);
	hotplug_resume(h);
	/* No change: it was given up before it came, and parks for good. */
	(void)hart_change_state(h, HART_STARTING, HART_ONLINE);
	work_wake(hart_boot());
	work_forever();
}
