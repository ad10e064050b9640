#include "counter.h"

#include <string.h>

#include "clock.h"
#include "hart.h"
#include "kernel.h"
#include "model.h"
#include "panic.h"
#include "trap.h"

static bool time_instead;

extern int32_t __clock_sites[], __clock_sites_end[];

static void read_once(void)
{
	(void)clock_cycles();
}

bool counter_readable(void)
{
	return trap_survives(read_once);
}

/* csrrs rd, cycle, x0 becomes csrrs rd, time, x0: so the timed loops need no branch
 * for harts that most machines do not have. */
static void patch(int32_t *site)
{
	enum { CSR_TIME = 0xc01, CSR_AT = 20 };
	char *at = (char *)site + *site;
	uint32_t code;

	memcpy(&code, at, sizeof(code));
	code = (code & ((1u << CSR_AT) - 1)) | (uint32_t)CSR_TIME << CSR_AT;
	memcpy(at, &code, sizeof(code));
}

static void see_new_code(unsigned index, void *arg)
{
	(void)index;
	(void)arg;
	__asm__ volatile("fence.i" ::: "memory");
}

void counter_choose(void)
{
	for (unsigned i = 0; i < kernel.harts_online; i++)
		time_instead |= !hart_by_index(i)->has_cycle;
	if (!time_instead)
		return;
	for (int32_t *site = __clock_sites; site < __clock_sites_end; site++)
		patch(site);
	hart_run(kernel.harts_online, see_new_code, NULL);
}

const char *counter_name(void)
{
	return model_here() ? "model" : time_instead ? "time" : "cycle";
}

uint64_t counter_step(uint64_t (*now)(void))
{
	enum { READINGS = 1000000, CHANGES = 16 };
	uint64_t least = 0, before = now();

	for (unsigned i = 0, changes = 0; i < READINGS && changes < CHANGES; i++) {
		uint64_t after = now(), step = after - before;

		before = after;
		changes += step != 0;
		if (step != 0 && (least == 0 || step < least))
			least = step;
	}
	if (least == 0)
		panic("a counter stands still");
	return least;
}
