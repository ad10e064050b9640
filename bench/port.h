/* port.h: all that the bench needs from the place it runs in. kernel/ implements
 * it on bare harts; another place (POSIX threads, say) is another set of these
 * functions, and nothing in bench/ changes.
 *
 * port_clock.h, also given by the place, has the two inline clocks:
 *   uint64_t port_time(void)    ticks of port_time_hz(), the same on every hart
 *   uint64_t port_cycles(void)  cycles of the calling hart, its own
 */
#ifndef BENCH_PORT_H
#define BENCH_PORT_H

#include <stddef.h>
#include <stdint.h>

#include "port_clock.h"

enum { PORT_MAX_HARTS = 64 };

/* Harts that can be used, with indices 0 .. port_harts() - 1. */
unsigned port_harts(void);

/* Ticks a second of port_time(). */
uint64_t port_time_hz(void);

/* Memory for the heap under test: [*start, *end). */
void port_heap(uintptr_t *start, uintptr_t *end);

/* Run fn(index, arg) on harts 0 .. n - 1 at once, 1 <= n <= port_harts();
 * returns when all are done. Harts not among them take nothing from the machine. */
void port_run(unsigned n, void (*fn)(unsigned index, void *arg), void *arg);

/* Give the processor up until port_wake(own index). May return early. */
void port_idle(void);
void port_wake(unsigned index);

/* Call fn(arg) when port_time() reaches `time`, interrupting the caller's hart.
 * One alarm a hart; fn may set the next. Pair with port_alarm_off(). */
void port_alarm(uint64_t time, void (*fn)(void *arg), void *arg);
void port_alarm_off(void);

/* Text to the host, whole. One hart at a time. */
void port_write(const char *text, size_t len);

/* Give up on a fault that tests asked for (plan key `inject`); returns if it
 * does not know that fault. */
void port_inject(const char *fault);

#endif
