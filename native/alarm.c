#define _GNU_SOURCE
#include "alarm.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../bench/port.h"
#include "panic.h"

/* The C library names only the union's member. */
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static _Thread_local struct {
	bool made;
	timer_t timer;
	uint64_t time; /* port_time() */
	void (*fn)(void *arg);
	void *arg;
} own;

static void set_timer(uint64_t ticks)
{
	double seconds = (double)ticks / (double)port_time_hz();
	struct itimerspec when = {.it_value.tv_sec = (time_t)seconds};

	/* The 1 is there because a time of 0 would turn the alarm off. */
	when.it_value.tv_nsec = 1 + (long)((seconds - (double)when.it_value.tv_sec) * 999999998);
	if (timer_settime(own.timer, 0, &when, NULL) != 0)
		panic("timer_settime: %s", strerror(errno));
}

/* Call the alarm's function if its time has come. A signal can come early, when the two
 * clocks differ or when it is left over from an alarm that was turned off; the alarm is
 * then set again for the rest of the time. */
static void on_signal(int number)
{
	int saved = errno;
	uint64_t now = port_time();

	(void)number;
	if (own.fn != NULL && now < own.time) {
		set_timer(own.time - now);
	} else if (own.fn != NULL) {
		void (*fn)(void *arg) = own.fn;

		own.fn = NULL;
		fn(own.arg);
	}
	errno = saved;
}

void alarm_init(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	sigemptyset(&action.sa_mask);
	if (sigaction(SIGALRM, &action, NULL) != 0)
		panic("sigaction: %s", strerror(errno));
}

static void make_timer(void)
{
	struct sigevent to = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};

	to.sigev_notify_thread_id = gettid();
	if (timer_create(CLOCK_MONOTONIC, &to, &own.timer) != 0)
		panic("timer_create: %s", strerror(errno));
	own.made = true;
}

void port_alarm(uint64_t time, void (*fn)(void *arg), void *arg)
{
	uint64_t now = port_time();

	if (!own.made)
		make_timer();
	own.time = time;
	own.arg = arg;
	own.fn = fn;
	set_timer(time > now ? time - now : 0);
}

void port_alarm_off(void)
{
	const struct itimerspec never = {0};

	own.fn = NULL;
	if (own.made && timer_settime(own.timer, 0, &never, NULL) != 0)
		panic("timer_settime: %s", strerror(errno));
}
