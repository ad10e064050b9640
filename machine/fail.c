#include "fail.h"

#include <unistd.h>

static const char *const state_names[] = {
	[HART_STOPPED] = "is stopped",
	[HART_RUNS] = "runs",
	[HART_WFI] = "waits for an interrupt",
	[HART_SPINS] = "spins",
	[HART_STALLS] = "stalls",
	[HART_JOINED] = "waits for the others to join",
	[HART_LEFT] = "has left",
};

static void say_hart(const struct hart *h)
{
	fprintf(stderr, "hartlock-machine: hart %u pc 0x%llx cycle %llu %s", h->id,
		(unsigned long long)h->pc, (unsigned long long)cycles(h->clock),
		state_names[h->state]);
	if (h->state == HART_SPINS || h->state == HART_STALLS)
		for (unsigned n = 0; n < h->spin.loads; n++)
			fprintf(stderr, " line 0x%llx",
				(unsigned long long)h->spin.load[n].line * LINE_BYTES);
	fputc('\n', stderr);
}

_Noreturn void machine_fail(const struct machine *m, enum machine_failure why, const char *what)
{
	fflush(stdout);
	fprintf(stderr, "hartlock-machine: %s\n", what);
	for (unsigned i = 0; i < m->harts; i++)
		say_hart(&m->hart[i]);
	if (m->settings.trace != NULL)
		fflush(m->settings.trace);
	fflush(stderr);
	_exit((int)why);
}
