#include "timer.h"

#include <stddef.h>

#include "clock.h"
#include "csr.h"
#include "sbi.h"
#include "trap.h"

enum which { LOOK, ALARM, DEADLINES };

/* The hart's deadlines. Only the hart and its interrupts write them. */
static _Thread_local struct {
	volatile uint64_t at; /* 0: not set */
	void (*fn)(void *arg);
	void *arg;
} deadline[DEADLINES];

void timer_rearm(void)
{
	uint64_t first = UINT64_MAX;

	for (int i = 0; i < DEADLINES; i++)
		if (deadline[i].at != 0 && deadline[i].at < first)
			first = deadline[i].at;
	sbi_set_timer(first);
	if (first != UINT64_MAX)
		csr_set(sie, SIE_STIE);
	else
		csr_clear(sie, SIE_STIE);
}

static bool is_due(enum which which)
{
	uint64_t at = deadline[which].at;

	return at != 0 && at <= clock_time();
}

/* Set a deadline; at time 0 it is turned off. */
static void set(enum which which, uint64_t time, void (*fn)(void *arg), void *arg)
{
	deadline[which].at = 0; /* an interrupt in here sees all of it, or none */
	__asm__ volatile("" ::: "memory");
	deadline[which].fn = fn;
	deadline[which].arg = arg;
	__asm__ volatile("" ::: "memory");
	deadline[which].at = time;
	timer_rearm();
}

void timer_interrupt(const struct trap_frame *frame)
{
	(void)frame;
	for (int i = 0; i < DEADLINES; i++)
		if (is_due(i)) {
			deadline[i].at = 0; /* fn may set the next one */
			deadline[i].fn(deadline[i].arg);
		}
	timer_rearm();
}

void timer_alarm(uint64_t time, void (*fn)(void *arg), void *arg)
{
	set(ALARM, time, fn, arg);
	if (!trap_is_inside()) /* there, the return from the trap enables interrupts */
		csr_set(sstatus, SSTATUS_SIE);
}

void timer_alarm_off(void)
{
	csr_clear(sstatus, SSTATUS_SIE);
	set(ALARM, 0, NULL, NULL);
}

static void only_wake(void *arg)
{
	(void)arg;
}

void timer_timeout(uint64_t time)
{
	set(ALARM, time, only_wake, NULL); /* pending ends WFI; sstatus.SIE is off */
}

void timer_look(uint64_t time, void (*fn)(void *arg))
{
	set(LOOK, time, fn, NULL);
}

void timer_look_off(void)
{
	set(LOOK, 0, NULL, NULL);
}

bool timer_look_is_due(void)
{
	return is_due(LOOK);
}
