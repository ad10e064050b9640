#include "counter.h"

#include "clock.h"
#include "panic.h"
#include "trap.h"

static void read_once(void)
{
	(void)clock_cycles();
}

bool counter_cycle_is_readable(void)
{
	return trap_survives(read_once);
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
