/* port_clock.h: bench/port.h's clocks on a bare hart. */
#ifndef PORT_CLOCK_H
#define PORT_CLOCK_H

#include "clock.h"

static inline uint64_t port_time(void)
{
	return clock_time();
}

static inline uint64_t port_cycles(void)
{
	return clock_cycles();
}

#endif
