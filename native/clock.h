/* clock.h: which clocks port_clock.h reads, found out before anything is measured. */
#ifndef NATIVE_CLOCK_H
#define NATIVE_CLOCK_H

#include <stdint.h>

#include "processors.h"

/* Choose and calibrate. The calling thread visits every processor. */
void clock_init(const struct processors *allowed);

/* What port_time() and port_cycles() read. */
const char *clock_time_name(void);
const char *clock_cycles_name(void);

/* The least difference, not 0, between two readings in a row. */
uint64_t clock_time_step(void);
uint64_t clock_cycles_step(void);

#endif
