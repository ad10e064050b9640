/* port.h: everything that the bench needs from the place it runs in. kernel/ implements
 * it on bare harts, native/ on POSIX threads; another place is another set of these
 * functions, and nothing in bench/ changes.
 *
 * port_clock.h of the place has the two inline clocks:
 *   uint64_t port_time(void)    ticks of port_time_hz(), the same on every hart
 *   uint64_t port_cycles(void)  cycles of the calling hart, its own
 *
 * port_irq.h of the place keeps interrupts off the calling hart:
 *   PORT_MASKS                                 a constant: can it?
 *   unsigned long port_irq_save(void)          switches them off, returns what they were
 *   void port_irq_restore(unsigned long was)   makes them what they were
 */
#ifndef BENCH_PORT_H
#define BENCH_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port_clock.h"

enum { PORT_MAX_HARTS = 64 };

/* Returns the number of usable harts. Their indices are 0 .. port_harts() - 1. */
unsigned port_harts(void);

/* Returns the ticks a second of port_time(), at most 2^40. */
uint64_t port_time_hz(void);

/* Returns the ticks of `us` microseconds, rounded down. Hours fit at any rate up to 2^40 Hz. */
static inline uint64_t port_ticks(uint64_t us)
{
	enum { SECOND = 1000000 };
	uint64_t hz = port_time_hz();

	return us / SECOND * hz + us % SECOND * hz / SECOND;
}

/* Does every hart have the RISC-V extension? Its name is in small letters: "zacas". */
bool port_has(const char *extension);

/* Returns the hart's cluster, below PORT_MAX_HARTS: equal for harts that are near the same
 * lines. The caller guarantees: index < port_harts(). */
unsigned port_cluster(unsigned index);

/* Tell the memory of the heap under test, [*start, *end). */
void port_heap(uintptr_t *start, uintptr_t *end);

/* Run fn(index, arg) on harts 0 .. n - 1 at once, 1 <= n <= port_harts(). Returns when all
 * are done. The other harts take nothing from the machine. */
void port_run(unsigned n, void (*fn)(unsigned index, void *arg), void *arg);

/* Does port_run() start its harts at one instant by itself? Otherwise they have
 * to find each other: rendezvous.h. */
bool port_in_step(void);

/* Give the processor up until port_wake(own index). It may return early. */
void port_idle(void);
void port_wake(unsigned index);

/* Call fn(arg) when port_time() reaches `time`, interrupting the caller's hart. A hart has
 * one alarm; fn may set it again. Pair with port_alarm_off(). */
void port_alarm(uint64_t time, void (*fn)(void *arg), void *arg);
void port_alarm_off(void);

/* Does an alarm interrupt a hart in its timed loop? If not, nothing here does. */
bool port_interrupts(void);

/* Can a hart interrupt another in its timed loop, and can it be stopped there, in the
 * sense of firmware, and started again? The next six are only called if it can. */
bool port_disturbs(void);

/* Set the function that each hart calls when port_send_ipi() reaches it, before the first
 * is sent. It runs in an interrupt, and so only while the hart has an alarm set. */
void port_on_ipi(void (*fn)(unsigned index));

/* Interrupt hart `index`, wherever it is. Returns false if that is not possible. */
bool port_send_ipi(unsigned index);

/* Set the function that each hart calls when port_shoot() reaches it, with its interrupts off,
 * before the first is sent. */
void port_on_shot(void (*fn)(unsigned index));

/* Interrupt hart `index` to have that function called. Returns false if that is not possible. */
bool port_shoot(unsigned index);

/* Stop the calling hart, which loses its alarm. Returns when it has been started again by
 * port_start(), which returns false as long as the hart has not stopped. */
void port_stop(void);
bool port_start(unsigned index);

/* Say whether the calling hart can be interrupted from now on to be asked where it is, if
 * anything asks. Alarms are not affected. */
void port_interruptible(bool on);

/* A sample happens at `time` exactly, and takes no time: if *flag is `expect`, `count` words
 * that lie `stride` bytes apart are copied, from `from` on to `to` on, the time is written
 * to *stamp, and `value` to *flag. */
struct port_sample {
	uint64_t time; /* port_time() */
	_Atomic uint32_t *flag;
	uint32_t expect, value;
	const void *from;
	void *to;
	size_t count, stride;
	uint64_t *stamp;
};

/* Arrange for sample `which`, 0 or 1, of this port_run(). Returns false where nothing can
 * take samples: use the alarm. One hart at a time may call it. */
bool port_sample(unsigned which, const struct port_sample *what);

/* Returns the name of counter `i` of the memory system, with its value between the two
 * samples of the last port_run(); NULL if there is no such counter. */
const char *port_counter(unsigned i, uint64_t *value);

/* Write text to the host, all of it. One hart at a time may call it. */
void port_write(const char *text, size_t len);

/* Cause a fault that tests asked for (plan key `inject`). Returns if it does not know that
 * fault. */
void port_inject(const char *fault);

#endif
