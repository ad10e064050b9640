#include "variant.h"

struct touch_line touch_lines[MOST_touch];

void touch_lines_clear(void)
{
	for (unsigned i = 0; i < MOST_touch; i++)
		aptr_store_relaxed(&touch_lines[i].word,
				   0); /* relaxed: port_run() publishes the store */
}

uint64_t touch_lines_sum(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < MOST_touch; i++)
		sum += aptr_load_relaxed(&touch_lines[i].word); /* relaxed: no hart writes */
	return sum;
}

uint32_t placement_offset(const struct workload *work, uint64_t random)
{
	enum { STEP = 8 };

	if (work->placement != PLACEMENT_RANDOM)
		return 0;
	return (uint32_t)(random >> 32) % (PLACEMENT_SPAN / STEP) * STEP;
}
