/* Tests churn.c with threads for harts: each hart that leaves comes back, and none is left
 * out. */
#include "bench/churn.h"

#include <pthread.h>

#include "check.h"
#include "give_way.h"
#include "still_clock.h"

enum { HARTS = 4, TURNS = 3000 };

static struct hart_stats stats[HARTS];
static _Atomic bool over;
static _Atomic int stopped[HARTS]; /* the state that firmware knows of each hart */
static unsigned started[HARTS];
static _Thread_local unsigned self;

/* Hart 0's one alarm, which the test rings. */
static struct {
	void (*fn)(void *arg);
	void *arg;
} set;

void port_alarm(uint64_t time, void (*fn)(void *arg), void *arg)
{
	(void)time;
	EXPECT_EQ(self, 0);
	set.fn = fn;
	set.arg = arg;
}

void port_alarm_off(void)
{
}

static _Thread_local bool interruptible;
static _Atomic bool deaf; /* a hart came back with its interrupts off */

void port_interruptible(bool on)
{
	interruptible = on;
}

void port_stop(void)
{
	stopped[self] = 1;
	while (stopped[self])
		give_way();
}

bool port_start(unsigned index)
{
	if (!stopped[index])
		return false; /* the hart is still stopping */
	started[index]++;
	stopped[index] = 0;
	return true;
}

static void *work(void *arg)
{
	self = (unsigned)(uintptr_t)arg;
	while (!over) {
		if (churn_asked(self)) {
			interruptible = false; /* firmware starts a hart with its interrupts off */
			churn_leave(&stats[self]);
			deaf |= !interruptible;
		}
		give_way();
	}
	churn_done(self);
	return NULL;
}

static void turn(void)
{
	now += 1000000;
	set.fn(set.arg);
	give_way();
}

static void test_all_come_back(void)
{
	pthread_t thread[HARTS];

	churn_reset(HARTS, 12345);
	churn_begin(100);
	for (uintptr_t i = 1; i < HARTS; i++) {
		stats[i].index = (unsigned)i;
		EXPECT_EQ(pthread_create(&thread[i], NULL, work, (void *)i), 0);
	}
	/* go on until each has left, for the host runs threads when it likes */
	for (unsigned n = 0; n < TURNS || started[1] * started[2] * started[3] == 0; n++)
		turn();
	over = true;
	churn_end();
	for (unsigned i = 1; i < HARTS; i++) {
		EXPECT_EQ(pthread_join(thread[i], NULL), 0);
		EXPECT(!stopped[i]);
		EXPECT_EQ(stats[i].stops, started[i]);
		EXPECT_EQ(churn_seats[i].seat, SEAT_DONE);
	}
	EXPECT_EQ(stats[0].stops, 0);
	EXPECT(!deaf);
}

/* A hart asked to leave whose pass ends first is done, and nobody waits for it. */
static void test_asked_too_late(void)
{
	churn_reset(2, 1);
	churn_begin(100);
	turn();
	EXPECT(churn_asked(1));
	churn_done(1);
	turn();
	EXPECT(!churn_asked(1));
	churn_end();
}

/* Hart 0 alone has nothing to do, and no end to wait for. */
static void test_alone(void)
{
	set.fn = NULL;
	churn_reset(1, 1);
	churn_begin(100);
	EXPECT(set.fn == NULL);
	churn_end();
}

int main(void)
{
	test_all_come_back();
	test_asked_too_late();
	test_alone();
	return check_status();
}
