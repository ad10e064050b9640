/* still_clock.h: a clock of 10 MHz that stands still until the test sets `now`; cycles are
 * its ticks. */
#ifndef FAKE_STILL_CLOCK_H
#define FAKE_STILL_CLOCK_H

#include <stdint.h>

#include "port_clock.h"

static uint64_t now = 1000;

uint64_t fake_time(void)
{
	return now;
}

uint64_t fake_cycles(void)
{
	return now;
}

uint64_t port_time_hz(void)
{
	return 10000000;
}

#endif
