/* port.c: bench/port.h on POSIX threads; alarm.c and heap.c have the rest of it. */
#include "../bench/port.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "clusters.h"
#include "hart.h"
#include "isa.h"
#include "native.h"
#include "panic.h"

unsigned port_harts(void)
{
	return native.harts;
}

uint64_t port_time_hz(void)
{
	return native_clock.hz;
}

bool port_has(const char *extension)
{
	return isa_has(extension);
}

unsigned port_cluster(unsigned index)
{
	return clusters_of(index);
}

bool port_in_step(void)
{
	return false;
}

void port_run(unsigned n, void (*fn)(unsigned index, void *arg), void *arg)
{
	hart_run(n, fn, arg);
}

void port_idle(void)
{
	hart_idle();
}

void port_wake(unsigned index)
{
	hart_wake(index);
}

/* An alarm can interrupt a hart anywhere, because it is a signal (alarm.c). */
bool port_interrupts(void)
{
	return true;
}

/* A hart that hangs can always be looked at, by a debugger: there is nothing to switch. */
void port_interruptible(bool on)
{
	(void)on;
}

/* Nothing can take samples from outside, so the alarm takes them. */
bool port_sample(unsigned which, const struct port_sample *what)
{
	(void)which;
	(void)what;
	return false;
}

const char *port_counter(unsigned i, uint64_t *value)
{
	(void)i;
	(void)value;
	return NULL;
}

/* Write to the standard output. If nobody reads it, only the exit status can tell. */
void port_write(const char *text, size_t len)
{
	while (len != 0) {
		ssize_t n = write(STDOUT_FILENO, text, len);

		if (n < 0 && errno != EINTR)
			_exit(1);
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
}

static void touch_nothing(unsigned index, void *arg)
{
	if (index + 1 == port_harts())
		*(volatile int *)arg = 1;
}

static void spin_forever(unsigned index, void *arg)
{
	(void)arg;
	while (index + 1 == port_harts())
		__asm__ volatile("");
}

void port_inject(const char *fault)
{
	if (strcmp(fault, "panic") == 0)
		panic("asked to panic");
	if (strcmp(fault, "trap") == 0)
		port_run(port_harts(), touch_nothing, NULL);
	if (strcmp(fault, "hang") == 0)
		port_run(port_harts(), spin_forever, NULL);
}
