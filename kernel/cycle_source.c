#include "cycle_source.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "hart.h"
#include "kernel.h"
#include "model.h"
#include "work.h"

static bool time_instead;

extern int32_t __clock_sites[], __clock_sites_end[]; /* clock.h makes them, kernel.ld bounds them */

/* Make csrrs rd, cycle, x0 into csrrs rd, time, x0. A change of the code costs the timed loops
 * nothing; a branch would, on all machines, and few of them need it. */
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

void cycle_source_choose(void)
{
	for (unsigned i = 0; i < kernel.harts_online; i++)
		time_instead |= !hart_by_index(i)->has_cycle;
	if (!time_instead)
		return;
	for (int32_t *site = __clock_sites; site < __clock_sites_end; site++)
		patch(site);
	work_run(kernel.harts_online, see_new_code, NULL);
}

const char *cycle_source_name(void)
{
	return model_here() ? "model" : time_instead ? "time" : "cycle";
}
