/* Tests lock/irqsave.h: a hart that waits can be interrupted, and one that holds cannot. It is
 * built for a lock with a trylock, with
 *
 *   -DSTRATEGY=name -DSTRATEGY_HEADER='"lock/name.h"' -DLOCK_PORT='"irq_port.h"' */
#include <pthread.h>

#include "check.h"
#include "give_way.h"

#include STRATEGY_HEADER
#include "lock/irqsave.h"

#define JOIN_(a, b)   a##_##b
#define JOIN(a, b)    JOIN_(a, b)
#define NAME(part)    JOIN(STRATEGY, part)

#define IRQSAVE(name) LOCK_IRQSAVE(name)
IRQSAVE(STRATEGY)

enum { THREADS = 4, TURNS = 5000 };

_Thread_local unsigned long interrupts_on;
static struct NAME(lock) lock;
static struct NAME(space) space;
static struct own {
	_Alignas(64) struct NAME(node) node;
	unsigned long waits, waits_masked, waited, wrong;
} own[THREADS + 1]; /* the last one is main's */
static _Thread_local struct own *me;
static _Atomic bool somebody_waits;
static uint64_t counter;

void relax(void)
{
	somebody_waits = true;
	me->waits++;
	me->waits_masked += interrupts_on == 0;
	give_way();
}

static unsigned long restores;      /* while no other thread is there, */
static unsigned long restores_held; /* and those while the lock is still held */

void irq_restore(unsigned long was)
{
	interrupts_on = was;
	if (me == NULL) {
		restores++;
		restores_held += NAME(is_locked)(&lock);
	}
}

/* A hart that could be interrupted before it has let go would hold up its own handler for ever. */
static void test_interrupts_come_back_behind_the_release(void)
{
	unsigned long was;

	interrupts_on = 1;
	EXPECT(!NAME(acquire_irqsave)(&lock, &own[0].node, &was));
	EXPECT(NAME(is_locked)(&lock));
	NAME(release_irqrestore)(&lock, &own[0].node, was);
	EXPECT_EQ(restores, 1);
	EXPECT_EQ(restores_held, 0);
}

static void *count(void *arg)
{
	me = &own[(uintptr_t)arg];
	for (int i = 0; i < TURNS; i++) {
		unsigned long was, before = i % 2;

		interrupts_on = before;
		me->waits = me->waits_masked = 0;
		bool waited = NAME(acquire_irqsave)(&lock, &me->node, &was);

		me->wrong += interrupts_on != 0 || was != before || (me->waits != 0 && !waited);
		me->wrong += before != 0 && me->waits_masked != 0;
		counter++;
		if (i % 64 == 0)
			give_way(); /* so that others wait */
		me->waited += waited;
		NAME(release_irqrestore)(&lock, &me->node, was);
		me->wrong += interrupts_on != before;
	}
	return NULL;
}

int main(void)
{
	unsigned long wrong = 0, waited = 0, was;
	pthread_t thread[THREADS];

	NAME(init)(&lock);
	for (unsigned i = 0; i <= THREADS; i++)
		NAME(join)(&own[i].node, &space, (struct lock_hart){i, i % 2});
	test_interrupts_come_back_behind_the_release();
	NAME(acquire_irqsave)(&lock, &own[THREADS].node, &was);
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, count, (void *)i);
	while (!somebody_waits)
		give_way();
	NAME(release_irqrestore)(&lock, &own[THREADS].node, was);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	for (int i = 0; i < THREADS; i++) {
		wrong += own[i].wrong;
		waited += own[i].waited;
	}
	EXPECT_EQ(wrong, 0);
	EXPECT(waited > 0);
	EXPECT_EQ(counter, THREADS * TURNS);
	return check_status();
}
