#include "timer.h"

#include <stddef.h>

#include "hart_stats.h"
#include "port.h"

/* A hart's timers. Only the hart and its interrupts write them. */
static struct timers {
	_Alignas(LINE) struct {
		volatile uint64_t at; /* 0: not set */
		void (*fn)(void *arg);
		void *arg;
	} use[TIMER_USES];
} timers[PORT_MAX_HARTS];

static void ring(void *arg);

/* Set the alarm for the timer that is next. An interrupt in here does the same, and then
 * this call does it again: at worst an alarm finds nothing due. */
static void arm(struct timers *t)
{
	uint64_t first = UINT64_MAX;

	for (int i = 0; i < TIMER_USES; i++)
		if (t->use[i].at != 0 && t->use[i].at < first)
			first = t->use[i].at;
	if (first != UINT64_MAX)
		port_alarm(first, ring, t);
}

static void ring(void *arg)
{
	struct timers *t = arg;

	for (int i = 0; i < TIMER_USES; i++)
		if (t->use[i].at != 0 && t->use[i].at <= port_time()) {
			t->use[i].at = 0;
			t->use[i].fn(t->use[i].arg);
		}
	arm(t);
}

void timer_set(unsigned hart, enum timer_use use, uint64_t time, void (*fn)(void *arg), void *arg)
{
	struct timers *t = &timers[hart];

	t->use[use].at = 0;
	t->use[use].fn = fn;
	t->use[use].arg = arg;
	__asm__ volatile("" ::: "memory"); /* an interrupt sees either the whole timer, or 0 */
	t->use[use].at = time;
	arm(t);
}

void timer_again(unsigned hart)
{
	arm(&timers[hart]);
}

void timer_off(unsigned hart)
{
	port_alarm_off();
	for (int i = 0; i < TIMER_USES; i++)
		timers[hart].use[i].at = 0;
}
