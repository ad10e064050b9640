#include "churn.h"

#include "delay.h"
#include "timer.h"

struct churn_seat churn_seats[PORT_MAX_HARTS];

/* Only hart 0 uses it. */
static struct {
	unsigned harts;
	uint64_t period; /* ticks */
	uint64_t random;
} churn;

/* acquire and release (S), here and below: everything a hart wrote before it left, or was
 * done, is visible to the hart that starts it again, or ends the pass. */
static uint32_t seat_of(unsigned index)
{
	return atomic_load_explicit(&churn_seats[index].seat, memory_order_acquire);
}

static void take_seat(unsigned index, enum seat seat)
{
	atomic_store_explicit(&churn_seats[index].seat, seat, memory_order_release);
}

void churn_reset(unsigned harts, uint64_t random)
{
	churn.harts = harts;
	churn.random = random;
	for (unsigned i = 0; i < harts; i++)
		take_seat(i, SEAT_IN);
}

/* Start a hart that is out and has stopped. */
static void fetch(unsigned index)
{
	/* This comes before it runs, for it says itself when it is in again. */
	take_seat(index, SEAT_BACK);
	if (!port_start(index))
		take_seat(index, SEAT_OUT);
}

/* Ask a hart to leave, or start one again. It runs in hart 0's alarm. */
static void turn(void *arg)
{
	uint64_t drawn = random_next(&churn.random) >> 32;
	unsigned index = 1 + (unsigned)(drawn * (churn.harts - 1) >> 32);
	uint32_t in = SEAT_IN;

	if (seat_of(index) == SEAT_OUT)
		fetch(index);
	else /* relaxed: see churn_asked(). */
		(void)atomic_compare_exchange_strong_explicit(&churn_seats[index].seat, &in,
							      SEAT_ASKED, memory_order_relaxed,
							      memory_order_relaxed);
	timer_set(0, TIMER_CHURN, port_time() + churn.period, turn, arg);
}

void churn_begin(uint64_t period_us)
{
	churn.period = port_ticks(period_us) + 1;
	if (churn.harts > 1)
		timer_set(0, TIMER_CHURN, port_time() + churn.period, turn, NULL);
}

void churn_end(void)
{
	enum { LOOKS = 1000 }; /* instructions from one to the next */

	port_interruptible(true); /* hart 0 must notice, and can be asked, when one does not come */
	for (unsigned i = 1; i < churn.harts; i++)
		for (uint32_t seat; (seat = seat_of(i)) != SEAT_DONE; delay(LOOKS))
			if (seat == SEAT_OUT)
				fetch(i);
	port_interruptible(false);
}

void churn_leave(struct hart_stats *me)
{
	port_alarm_off();
	take_seat(me->index, SEAT_OUT);
	port_stop();
	me->stops++;
	take_seat(me->index, SEAT_IN);
	port_interruptible(true); /* interrupts are on again, as in the worker it came from */
	timer_again(me->index);
}

void churn_done(unsigned index)
{
	take_seat(index, SEAT_DONE);
}
