/* port.c: bench/port.h on bare harts. */
#include "../bench/port.h"

#include <stddef.h>
#include <string.h>

#include "console.h"
#include "hart.h"
#include "kernel.h"
#include "panic.h"
#include "trap.h"

_Static_assert(PORT_MAX_HARTS == MAX_HARTS, "bench and kernel agree on the most harts");

extern char __heap[], __heap_end[];

unsigned port_harts(void)
{
	return kernel.harts_online;
}

uint64_t port_time_hz(void)
{
	return kernel.machine.timebase_hz;
}

void port_heap(uintptr_t *start, uintptr_t *end)
{
	*start = (uintptr_t)__heap;
	*end = (uintptr_t)__heap_end;
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

void port_alarm(uint64_t time, void (*fn)(void *arg), void *arg)
{
	trap_alarm(time, fn, arg);
}

void port_alarm_off(void)
{
	trap_alarm_off();
}

void port_write(const char *text, size_t len)
{
	console_write(text, len);
}

static void overflow_stack(unsigned index, void *arg)
{
	(void)index;
	(void)arg;
	memset((char *)this_hart->stack_top - STACK_SIZE, 0, 8);
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
	if (strcmp(fault, "stack") == 0)
		port_run(1, overflow_stack, NULL);
	if (strcmp(fault, "hang") == 0)
		port_run(port_harts(), spin_forever, NULL);
}
