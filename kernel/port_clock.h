/* port_clock.h: bench/port.h's clocks on a bare hart.
 *
 * Under the cost model both are modelled cycles, which it leaves in the mailbox;
 * without it the mailbox says 0 and the hart's own counters are read. That costs
 * a load from a line that nobody writes and a branch that always goes the same
 * way, beside a counter read that traps on many harts. */
#ifndef PORT_CLOCK_H
#define PORT_CLOCK_H

#include "clock.h"
#include "mailbox.h"

static inline uint64_t port_time(void)
{
	uint64_t now = model_mailbox.now;

	return __builtin_expect(now != 0, 0) ? now : clock_time();
}

static inline uint64_t port_cycles(void)
{
	uint64_t now = model_mailbox.now;

	return __builtin_expect(now != 0, 0) ? now : clock_cycles();
}

#endif
