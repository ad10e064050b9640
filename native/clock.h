/* clock.h: chooses the clocks that port_clock.h reads, before anything is measured. */
#ifndef NATIVE_CLOCK_H
#define NATIVE_CLOCK_H

#include <stdint.h>

#include "processors.h"

/* Choose the clocks and calibrate them. The calling thread visits every processor. */
void clock_init(const struct processors *allowed);

/* Return the names of the clocks that port_time() and port_cycles() read. */
const char *clock_time_name(void);
const char *clock_cycles_name(void);

/* Return the least difference, not 0, between two readings in a row. */
uint64_t clock_time_step(void);
uint64_t clock_cycles_step(void);

#endif
