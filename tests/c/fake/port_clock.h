/* port_clock.h: bench/port.h's clocks, told by the test. */
#ifndef PORT_CLOCK_H
#define PORT_CLOCK_H

#include <stdint.h>

uint64_t fake_time(void);
uint64_t fake_cycles(void);

static inline uint64_t port_time(void)
{
	return fake_time();
}

static inline uint64_t port_cycles(void)
{
	return fake_cycles();
}

#endif
