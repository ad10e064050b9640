#include "shootdown.h"

#include "../lock/port.h"
#include "port.h"
#include "window.h"

struct shootdown_seat shootdown_seats[PORT_MAX_HARTS];
_Thread_local struct shootdown_seat *shootdown_polled;

void shootdown_answer(struct shootdown_seat *seat)
{
	/* acquire (S): pairs with the release in ask(). */
	uint64_t asked = atomic_load_explicit(&seat->asked, memory_order_acquire);
	uint64_t done = atomic_load_explicit(&seat->done, memory_order_relaxed);

	/* An interrupt may answer amid an answer by polling: the number must not fall. release (D):
	 * pairs with the acquire in awaits(). */
	while (done < asked &&
	       !atomic_compare_exchange_strong_explicit(&seat->done, &done, asked,
							memory_order_release, memory_order_relaxed))
		;
}

/* Runs in the interrupt of the hart that was asked. */
static void on_shot(unsigned index)
{
	shootdown_answer(&shootdown_seats[index]);
}

void shootdown_enter(struct hart_stats *me, bool polls)
{
	struct shootdown_seat *seat = &shootdown_seats[me->index];

	port_on_shot(on_shot);
	seat->me = me;
	seat->awaits = 0;
	shootdown_polled = polls ? seat : NULL;
	/* relaxed: until it is seen, nobody waits for the hart. */
	atomic_store_explicit(&seat->in, true, memory_order_relaxed);
}

void shootdown_leave(struct hart_stats *me)
{
	shootdown_polled = NULL;
	/* relaxed: it only says that nobody need wait any more. */
	atomic_store_explicit(&shootdown_seats[me->index].in, false, memory_order_relaxed);
}

/* Ask a hart. Returns the number of the shootdown that it has to acknowledge. */
static uint64_t ask(unsigned index)
{
	/* release (S): what the owner wrote before is visible to who acknowledges. */
	uint64_t number = 1 + atomic_fetch_add_explicit(&shootdown_seats[index].asked, 1,
							memory_order_release);

	(void)port_shoot(index); /* a hart that firmware cannot interrupt is not in its worker */
	return number;
}

static bool awaits(unsigned index, uint64_t number)
{
	const struct shootdown_seat *seat = &shootdown_seats[index];

	/* acquire (D): pairs with the release in shootdown_answer(). relaxed: see
	 * shootdown_leave(). */
	return atomic_load_explicit(&seat->done, memory_order_acquire) < number &&
	       atomic_load_explicit(&seat->in, memory_order_relaxed);
}

void shootdown(struct hart_stats *me)
{
	struct shootdown_seat *mine = &shootdown_seats[me->index];
	uint64_t number[PORT_MAX_HARTS];

	for (unsigned i = 0; i < window.harts; i++)
		if (i != me->index)
			number[i] = ask(i);
	for (unsigned i = 0; i < window.harts; i++) {
		if (i == me->index)
			continue;
		*(volatile uint64_t *)&mine->awaits = i + 1; /* for who asks why it hangs */
		while (awaits(i, number[i])) {
			/* relaxed, both: shootdown_answer() orders. */
			if (atomic_load_explicit(&mine->asked, memory_order_relaxed) !=
			    atomic_load_explicit(&mine->done, memory_order_relaxed))
				shootdown_answer(mine);
			LOCK_RELAX();
		}
	}
	*(volatile uint64_t *)&mine->awaits = 0;
	me->shootdowns++;
}
