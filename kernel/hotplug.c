#include "hotplug.h"

#include <stdint.h>

#include "panic.h"
#include "sbi.h"
#include "timer.h"

void _start(void);

/* hotplug_entry.S: hotplug_save() keeps the caller's registers on its stack, writes their
 * address to *resume_at and calls stop(), which does not return; hotplug_restore() returns
 * from that call. */
void hotplug_save(uintptr_t *resume_at, void (*stop)(void));
_Noreturn void hotplug_restore(uintptr_t resume_at);

long hotplug_power_on(const struct hart *h)
{
	return sbi_hart_start(h->id, (uintptr_t)_start, 0).error;
}

static _Noreturn void refused(const struct hart *h, const char *what, long error)
{
	panic("hart %lu: HSM %s: %s", h->id, what, sbi_error_name(error));
}

static void stop(void)
{
	/* start.S starts a hart on the stack that its slot names: below what is
	 * kept, so that nothing of it is written over. */
	this_hart->stack_top = this_hart->resume_at;
	refused(this_hart, "cannot stop it", sbi_hart_stop().error);
}

void hotplug_stop_self(void)
{
	uintptr_t top = this_hart->stack_top;

	timer_alarm_off();
	hotplug_save(&this_hart->resume_at, stop);
	this_hart->resume_at = 0;
	this_hart->stack_top = top;
	timer_rearm(); /* this hart may have to look at the others (hang.h) */
}

bool hotplug_start(unsigned index)
{
	const struct hart *h = hart_by_index(index);
	struct sbi_ret status = sbi_hart_status(h->id);
	long error = status.error;

	if (error == 0 && status.value != SBI_HART_STOPPED)
		return false;
	if (error == 0)
		error = hotplug_power_on(h);
	if (error != 0)
		refused(h, "cannot restart it", error);
	return true;
}

void hotplug_resume(const struct hart *h)
{
	if (h->resume_at != 0)
		hotplug_restore(h->resume_at);
}
