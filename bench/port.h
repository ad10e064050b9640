/* port.h: all that the bench needs from the place it runs in. kernel/ implements
 * it on bare harts; another place (POSIX threads, say) is another set of these
 * functions, and nothing in bench/ changes.
 *
 * port_clock.h, also given by the place, has the two inline clocks:
 *   uint64_t port_time(void)    ticks of port_time_hz(), the same on every hart
 *   uint64_t port_cycles(void)  cycles of the calling hart, its own
 *
 * port_irq.h, the same, keeps interrupts off the calling hart:
 *   PORT_MASKS                                 a constant: can it?
 *   unsigned long port_irq_save(void)          off; what they were
 *   void port_irq_restore(unsigned long was)   as they were
 */
#ifndef BENCH_PORT_H
#define BENCH_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port_clock.h"

enum { PORT_MAX_HARTS = 64 };

/* Harts that can be used, with indices 0 .. port_harts() - 1. */
unsigned port_harts(void);

/* Ticks a second of port_time(). */
uint64_t port_time_hz(void);

/* Of microseconds, rounded down. */
static inline uint64_t port_ticks(uint64_t us)
{
	return us * port_time_hz() / 1000000;
}

/* Does every hart have the RISC-V extension? Its name in small letters: "zacas". */
bool port_has(const char *extension);

/* The hart's cluster, below PORT_MAX_HARTS: the same for harts to which a line is
 * near. index < port_harts(). */
unsigned port_cluster(unsigned index);

/* Memory for the heap under test: [*start, *end). */
void port_heap(uintptr_t *start, uintptr_t *end);

/* Run fn(index, arg) on harts 0 .. n - 1 at once, 1 <= n <= port_harts();
 * returns when all are done. Harts not among them take nothing from the machine. */
void port_run(unsigned n, void (*fn)(unsigned index, void *arg), void *arg);

/* Does port_run() start its harts at one instant by itself? Otherwise they have
 * to find each other: rendezvous.h. */
bool port_in_step(void);

/* Give the processor up until port_wake(own index). May return early. */
void port_idle(void);
void port_wake(unsigned index);

/* Call fn(arg) when port_time() reaches `time`, interrupting the caller's hart.
 * One alarm a hart; fn may set the next. Pair with port_alarm_off(). */
void port_alarm(uint64_t time, void (*fn)(void *arg), void *arg);
void port_alarm_off(void);

/* Does an alarm interrupt a hart in its timed loop? If not, there is no such
 * interrupt to be had here. */
bool port_interrupts(void);

/* Can a hart interrupt another in its timed loop, and can it be stopped there, in the
 * sense of firmware, and started again? What follows is only called where it can. */
bool port_disturbs(void);

/* What a hart does when port_send_ipi() reaches it: for all harts, before the first. In an
 * interrupt, and so only while an alarm of its own is set. */
void port_on_ipi(void (*fn)(unsigned index));

/* Interrupt hart `index`, wherever it is. False: nobody could. */
bool port_send_ipi(unsigned index);

/* Stop the calling hart: no alarm of its own is left then. Returns when it has been
 * started again, by the call below, which says false as long as it has not stopped. */
void port_stop(void);
bool port_start(unsigned index);

/* From now on the calling hart can, or cannot, be interrupted to be asked where it
 * is, if there is anybody to ask. Alarms are not concerned. */
void port_interruptible(bool on);

/* What is to happen at `time`, at that time exactly and taking none: if *flag is
 * `expect`, copy `count` words that lie `stride` bytes apart, from `from` on to
 * `to` on, write the time to *stamp, and `value` to *flag. */
struct port_sample {
	uint64_t time; /* port_time() */
	_Atomic uint32_t *flag;
	uint32_t expect, value;
	const void *from;
	void *to;
	size_t count, stride;
	uint64_t *stamp;
};

/* Arrange for sample `which`, 0 or 1, of this port_run(). False where there is
 * nobody to do it: use the alarm. One hart at a time. */
bool port_sample(unsigned which, const struct port_sample *what);

/* Counter `i` of the memory system: its name and its value between the two
 * samples of the last port_run(). NULL: there is none of that number. */
const char *port_counter(unsigned i, uint64_t *value);

/* Text to the host, whole. One hart at a time. */
void port_write(const char *text, size_t len);

/* Give up on a fault that tests asked for (plan key `inject`); returns if it
 * does not know that fault. */
void port_inject(const char *fault);

#endif
