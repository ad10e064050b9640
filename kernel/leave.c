#include "leave.h"

#include <stdint.h>

#include "panic.h"
#include "sbi.h"
#include "trap.h"

/* leave_entry.S: keep the caller's registers on its stack, its address in *at, and call
 * stop(), which does not return; leave_back(at) returns from that call. */
void leave_at(uintptr_t *at, void (*stop)(void));
_Noreturn void leave_back(uintptr_t at);

static void stop(void)
{
	long error;

	/* start.S starts a hart on the stack that its slot names: below what is
	 * kept, so that nothing of it is written over. */
	this_hart->stack_top = this_hart->left_at;
	error = sbi_hart_stop().error;
	panic("hart %lu: HSM does not stop it: %s", this_hart->id, sbi_error_name(error));
}

void leave_stop(void)
{
	uintptr_t top = this_hart->stack_top;

	trap_alarm_off();
	leave_at(&this_hart->left_at, stop);
	this_hart->left_at = 0;
	this_hart->stack_top = top;
	trap_rearm(); /* its look at the others (hang.h), if that is its task */
}

bool leave_start(unsigned index)
{
	const struct hart *h = hart_by_index(index);
	struct sbi_ret state = sbi_hart_status(h->id);
	long error = state.error;

	if (error == 0 && state.value != SBI_HART_STOPPED)
		return false;
	if (error == 0)
		error = hart_again(h);
	if (error != 0)
		panic("hart %lu: HSM does not start it again: %s", h->id, sbi_error_name(error));
	return true;
}

void leave_over(struct hart *h)
{
	if (h->left_at != 0)
		leave_back(h->left_at);
}
