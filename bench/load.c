#include "load.h"

struct load_line load_lines[TOUCH_MAX];

bool load_wanted(const struct plan *plan)
{
	const struct workload *work = &plan->work;

	return plan->exhaust != 0 || work->sizes != SIZES_FIXED || work->touch != 0 ||
	       work->placement != PLACEMENT_PADDED || work->rate != 0 || work->interrupt_us != 0 ||
	       work->irq_off || work->ipi_us != 0 || work->churn_us != 0;
}

void load_lines_clear(void)
{
	for (unsigned i = 0; i < TOUCH_MAX; i++)
		aptr_store_relaxed(&load_lines[i].word, 0); /* relaxed: port_run() publishes */
}

uint64_t load_lines_sum(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < TOUCH_MAX; i++)
		sum += aptr_load_relaxed(&load_lines[i].word); /* relaxed: nobody writes */
	return sum;
}

uint32_t load_offset(const struct workload *work, uint64_t random)
{
	enum { STEP = 8 };

	if (work->placement != PLACEMENT_RANDOM)
		return 0;
	return (uint32_t)(random >> 32) % (PLACEMENT_SPAN / STEP) * STEP;
}
