/* timer.c, timer_noise.c and ipi_noise.c on an alarm that the test rings. */
#include "bench/timer.h"

#include "bench/ipi_noise.h"
#include "bench/port.h"
#include "bench/timer_noise.h"
#include "bench/window.h"
#include "check.h"
#include "still_clock.h"

/* The hart's one alarm. */
static struct {
	uint64_t time; /* 0: off */
	void (*fn)(void *arg);
	void *arg;
} set;

void port_alarm(uint64_t time, void (*fn)(void *arg), void *arg)
{
	set.time = time;
	set.fn = fn;
	set.arg = arg;
}

void port_alarm_off(void)
{
	set.time = 0;
}

struct window window;
static void (*on_ipi)(unsigned index);
static unsigned sent_to[PORT_MAX_HARTS];
static bool refuses; /* the hart that an IPI is sent to has stopped */

void port_on_ipi(void (*fn)(unsigned index))
{
	on_ipi = fn;
}

bool port_send_ipi(unsigned index)
{
	sent_to[index]++;
	return !refuses;
}

/* Let time pass, and interrupt the hart whenever its alarm is due. */
static void pass(uint64_t ticks)
{
	for (uint64_t end = now + ticks; now < end; now++)
		if (set.time != 0 && set.time <= now) {
			set.time = 0;
			set.fn(set.arg);
		}
}

static unsigned rung[3];

static void ring_once(void *arg)
{
	rung[*(unsigned *)arg]++;
}

static void ring_again(void *arg)
{
	ring_once(arg);
	timer_set(0, TIMER_WINDOW, now + 10, ring_again, arg);
}

static unsigned zero = 0, first = 1;

static void test_one(void)
{
	timer_set(0, TIMER_WINDOW, now + 100, ring_once, &zero);
	pass(100);
	EXPECT_EQ(rung[0], 0);
	pass(1);
	EXPECT_EQ(rung[0], 1);
	pass(1000);
	EXPECT_EQ(rung[0], 1);
	timer_set(0, TIMER_WINDOW, now + 10, ring_again, &zero);
	pass(35);
	EXPECT_EQ(rung[0], 4);
	timer_off(0);
	pass(1000);
	EXPECT_EQ(rung[0], 4);
}

/* Either of two timers can be first, both can come at one time, and neither loses the
 * other's. */
static void test_two(void)
{
	for (int order = 0; order < 3; order++) {
		memset(rung, 0, sizeof(rung));
		timer_set(0, TIMER_WINDOW, now + 50, ring_once, &zero);
		timer_set(0, TIMER_NOISE, now + 25 + 25 * (unsigned)order, ring_once, &first);
		pass(200);
		EXPECT_EQ(rung[0], 1);
		EXPECT_EQ(rung[1], 1);
	}
	timer_set(0, TIMER_NOISE, now + 5, ring_once, &first);
	timer_set(0, TIMER_NOISE, now + 500, ring_once, &first); /* later instead */
	pass(100);
	EXPECT_EQ(rung[1], 1);
	pass(500);
	EXPECT_EQ(rung[1], 2);
	timer_set(0, TIMER_NOISE, now - 5, ring_once, &first); /* in the past: at once */
	pass(2);
	EXPECT_EQ(rung[1], 3);
	timer_off(0);
}

/* An interrupt comes every 100 us, that is 1000 ticks and one, beside the window's alarm. */
static void test_timer_noise(void)
{
	static struct hart_stats me = {.random = 5, .index = 0};
	const struct workload work = {.interrupt_us = 100, .interrupt_length = 10};
	noise_flag inside = 0;
	uint64_t begin = now;

	memset(rung, 0, sizeof(rung));
	timer_set(0, TIMER_WINDOW, now + 5500, ring_once, &zero);
	timer_noise_start(&me, &work, &inside);
	while (me.interrupts == 0)
		pass(1);
	EXPECT(now <= begin + 1003);
	EXPECT_EQ(me.interrupts_inside, 0);
	inside = 1;
	pass(9 * 1001);
	EXPECT_EQ(me.interrupts, 10);
	EXPECT_EQ(me.interrupts_inside, 9);
	EXPECT_EQ(rung[0], 1);
	timer_off(0);
	pass(5000);
	EXPECT_EQ(me.interrupts, 10);
}

/* There is one every 100 us, to each of the others about as often, never to itself. */
static void test_ipis_that_go(void)
{
	static struct hart_stats me = {.random = 7, .index = 2};
	const struct workload work = {.ipi_us = 100};
	noise_flag inside = 0;

	window.harts = 4;
	ipi_noise_start(&me, &work, &inside);
	pass(300 * 1001 + 5);
	EXPECT_EQ(sent_to[0] + sent_to[1] + sent_to[3], 300);
	EXPECT(sent_to[0] > 60 && sent_to[1] > 60 && sent_to[3] > 60);
	EXPECT_EQ(sent_to[2], 0);
	EXPECT_EQ(me.ipis, 0);
	refuses = true;
	pass(10 * 1001);
	EXPECT_EQ(sent_to[0] + sent_to[1] + sent_to[3], 310);
	timer_off(2);
}

/* A hart counts the IPIs it takes, and those in its section; one that was never in such a
 * pass does nothing. */
static void test_ipis_that_come(void)
{
	static struct hart_stats me = {.random = 7, .index = 1};
	const struct workload work = {.ipi_us = 100};
	noise_flag inside = 0;

	window.harts = 1; /* nobody to send to */
	memset(sent_to, 0, sizeof(sent_to));
	ipi_noise_start(&me, &work, &inside);
	pass(5000);
	EXPECT_EQ(sent_to[0] + sent_to[1], 0);
	on_ipi(1);
	inside = 1;
	on_ipi(1);
	on_ipi(1);
	on_ipi(9);
	EXPECT_EQ(me.ipis, 3);
	EXPECT_EQ(me.ipis_inside, 2);
	timer_off(1);
}

/* A timer is set again after something else turned its alarm off. */
static void test_again(void)
{
	memset(rung, 0, sizeof(rung));
	timer_set(0, TIMER_NOISE, now + 50, ring_once, &zero);
	port_alarm_off();
	pass(100);
	EXPECT_EQ(rung[0], 0);
	timer_again(0);
	pass(2);
	EXPECT_EQ(rung[0], 1);
	timer_off(0);
}

/* Harts with other random numbers begin their interrupts at other times. */
static void test_timer_noises_are_apart(void)
{
	const struct workload work = {.interrupt_us = 1000};
	uint64_t least = UINT64_MAX, most = 0;
	noise_flag inside = 0;

	for (unsigned i = 0; i < 50; i++) {
		static struct hart_stats me;

		me.random = 0x9e3779b97f4a7c15 * (i + 1);
		timer_noise_start(&me, &work, &inside);
		EXPECT(set.time > now && set.time <= now + 10002);
		least = set.time < least ? set.time : least;
		most = set.time > most ? set.time : most;
		timer_off(0);
	}
	EXPECT(least < now + 2000 && most > now + 8000);
}

int main(void)
{
	test_one();
	test_two();
	test_timer_noise();
	test_timer_noises_are_apart();
	test_ipis_that_go();
	test_ipis_that_come();
	test_again();
	return check_status();
}
