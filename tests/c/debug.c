/* Tests lock/debug.h: what the debug build of a lock says of wrong uses, and that it says nothing
 * of right ones. It is built for a lock with
 *
 *   -DSTRATEGY=name -DSTRATEGY_HEADER='"lock/name.h"' -DLOCK_DEBUG -DLOCK_PORT='"debug_port.h"'
 *   -DTRYLOCK   for a lock that has one */
#include <pthread.h>
#include <stdlib.h>

#include "check.h"
#include "give_way.h"

#include STRATEGY_HEADER
#include "lock/debug.h"

#define JOIN_(a, b)       a##_##b
#define JOIN(a, b)        JOIN_(a, b)
#define NAME(part)        JOIN(STRATEGY, part)

#define CHECKED(name)     LOCK_CHECKED(name)
#define CHECKED_TRY(name) LOCK_CHECKED_TRY(name)

CHECKED(STRATEGY)
#ifdef TRYLOCK
CHECKED_TRY(STRATEGY)
#endif

enum { THREADS = 4, TURNS = 5000 };

_Thread_local struct surroundings here;
static uint64_t counter, faults;

static struct NAME(checked) lock;
static struct NAME(space) space;
static struct own {
	_Alignas(64) struct NAME(node) node;
} own[THREADS];

static bool alone = true; /* no other thread is there */

void relax(void)
{
	if (!alone) {
		give_way();
		return;
	}
	fprintf(stderr, "expected a fault, got a hart that waits for itself\n");
	exit(1);
}

/* A wrong acquire would wait for ever: the lock is let go of where the fault is told. */
void failed(const void *at, unsigned fault)
{
	EXPECT(at == &lock);
	here.faults[fault]++;
	if (fault == LOCK_TAKEN_TWICE || fault == LOCK_TAKEN_IN_ITS_TRAP)
		NAME(release)(&lock.lock, &own[here.hart].node);
}

static void begin(void)
{
	here = (struct surroundings){0};
	memset(&lock, POISON, sizeof(lock)); /* init and join take any memory */
	memset(own, POISON, sizeof(own));
	NAME(checked_init)(&lock);
	for (unsigned i = 0; i < THREADS; i++)
		NAME(join)(&own[i].node, &space, (struct lock_hart){i, i % 2});
}

static void take(void)
{
	NAME(checked_acquire)(&lock, &own[here.hart].node);
}

static void let_go(void)
{
	NAME(checked_release)(&lock, &own[here.hart].node);
}

static const bool never_in_traps = NAME(in_traps) == (int)LOCK_TRAPS_NEVER;

/* Expects this one fault, and no other, so often. A kind that no trap may take is told beside it.
 */
static void expect_faults(enum lock_fault fault, unsigned times)
{
	for (unsigned i = 0; i < sizeof(here.faults) / sizeof(*here.faults); i++)
		if (i != LOCK_KIND_NOT_FOR_TRAPS)
			EXPECT_EQ(here.faults[i], i == fault ? times : 0);
}

static void test_a_kind_that_no_trap_may_take(void)
{
	begin();
	take();
	let_go();
	EXPECT_EQ(here.faults[LOCK_KIND_NOT_FOR_TRAPS], 0);
	here.in_trap = true;
	take();
	let_go();
	EXPECT_EQ(here.faults[LOCK_KIND_NOT_FOR_TRAPS], never_in_traps);
#ifdef TRYLOCK
	EXPECT(NAME(checked_trylock)(&lock, &own[here.hart].node));
	let_go();
	EXPECT_EQ(here.faults[LOCK_KIND_NOT_FOR_TRAPS], 2 * never_in_traps);
#endif
}

static void test_right_uses(void)
{
	begin();
	EXPECT_EQ(NAME(checked_holder)(&lock), -1);
	for (here.hart = 0; here.hart < THREADS; here.hart++) {
		here.interrupts = here.hart % 2 == 0;
		take();
		EXPECT_EQ(NAME(checked_holder)(&lock), here.hart);
		let_go();
#ifdef TRYLOCK
		EXPECT(NAME(checked_trylock)(&lock, &own[here.hart].node));
		EXPECT_EQ(NAME(checked_holder)(&lock), here.hart);
		EXPECT(!NAME(checked_trylock)(&lock, &own[here.hart].node));
		let_go();
#endif
		EXPECT_EQ(NAME(checked_holder)(&lock), -1);
	}
	expect_faults(0, 0);
}

static void test_taken_twice(void)
{
	begin();
	take();
	take();
	expect_faults(LOCK_TAKEN_TWICE, 1);
}

static void test_taken_in_a_trap_that_interrupted_its_holder(void)
{
	begin();
	take();
	here.in_trap = true;
	take();
	expect_faults(LOCK_TAKEN_IN_ITS_TRAP, 1);
}

static void test_released_by_another(void)
{
	begin();
	take();
	here.hart = 1;
	NAME(checked_release)(&lock, &own[0].node);
	expect_faults(LOCK_RELEASED_BY_ANOTHER, 1);
}

static void test_released_by_nobody(void)
{
	begin();
	take();
	let_go();
	NAME(acquire)(&lock.lock, &own[0].node);
	let_go();
	expect_faults(LOCK_RELEASED_BY_ANOTHER, 1);
}

/* It need not happen: it is told when the second of the two uses is seen, in either order, once. */
static void test_unsafe_in_traps(void)
{
	for (int first = 0; first < 2; first++) {
		begin();
		for (int i = 0; i < 4; i++) {
			here.in_trap = (i + first) % 2;
			here.interrupts = !here.in_trap;
			take();
			let_go();
			expect_faults(LOCK_UNSAFE_IN_TRAPS, i > 0);
		}
	}
	begin();
	for (int i = 0; i < 2; i++) {
		here.in_trap = i == 1; /* with interrupts off outside of it, a trap may take it */
		take();
		let_go();
	}
	expect_faults(0, 0);
}

static void *count(void *arg)
{
	here = (struct surroundings){.hart = (unsigned)(uintptr_t)arg};
	for (int i = 0; i < TURNS; i++) {
		take();
		counter++;
		let_go();
	}
	for (unsigned i = 0; i < sizeof(here.faults) / sizeof(*here.faults); i++)
		__atomic_fetch_add(&faults, here.faults[i], __ATOMIC_RELAXED);
	return NULL;
}

static void test_harts_that_contend(void)
{
	pthread_t thread[THREADS];

	begin();
	alone = false;
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, count, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	EXPECT_EQ(counter, THREADS * TURNS);
	EXPECT_EQ(faults, 0);
}

int main(void)
{
	test_right_uses();
	test_taken_twice();
	test_taken_in_a_trap_that_interrupted_its_holder();
	test_released_by_another();
	test_released_by_nobody();
	test_unsafe_in_traps();
	test_a_kind_that_no_trap_may_take();
	test_harts_that_contend();
	return check_status();
}
