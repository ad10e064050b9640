/* Tests lock/recursive.h: a lock that its holder takes again, under POSIX threads. It is built
 * for a lock with
 *
 *   -DSTRATEGY=name -DSTRATEGY_HEADER='"lock/name.h"' -DLOCK_PORT='"relax.h"'
 *   -DTRYLOCK   for a lock that has one */
#include <pthread.h>

#include "check.h"
#include "give_way.h"

#include STRATEGY_HEADER
#include "lock/recursive.h"

#define JOIN_(a, b)         a##_##b
#define JOIN(a, b)          JOIN_(a, b)
#define NAME(part)          JOIN(STRATEGY, part)

#define RECURSIVE(name)     LOCK_RECURSIVE(name)
#define RECURSIVE_TRY(name) LOCK_RECURSIVE_TRY(name)

RECURSIVE(STRATEGY)
#ifdef TRYLOCK
RECURSIVE_TRY(STRATEGY)
#endif

enum { THREADS = 4, TURNS = 2000, DEPTH = 3, DEEP = 70000 };

void relax(void)
{
	give_way();
}

static struct NAME(recursive) lock;
static struct NAME(space) space;
static struct own {
	_Alignas(64) struct NAME(node) node;
} own[THREADS];
static uint64_t counter, not_mine;

static bool take(unsigned hart, bool tries)
{
#ifndef TRYLOCK
	(void)tries;
#else
	if (tries)
		return NAME(recursive_trylock)(&lock, &own[hart].node, hart);
#endif
	NAME(recursive_acquire)(&lock, &own[hart].node, hart);
	return true;
}

static void *count(void *arg)
{
	unsigned hart = (unsigned)(uintptr_t)arg;

	for (int i = 0; i < TURNS; i++) {
		while (!take(hart, i % 2 == 0))
			relax();
		for (int n = 1; n < DEPTH; n++)
			not_mine += !take(hart, n % 2 == 0);
		not_mine += NAME(recursive_holder)(&lock) != (long)hart;
		counter++;
		for (int n = 0; n < DEPTH; n++)
			NAME(recursive_release)(&lock, &own[hart].node);
	}
	return NULL;
}

static void test_depth(void)
{
	EXPECT_EQ(NAME(recursive_holder)(&lock), -1);
	EXPECT(!NAME(recursive_acquire)(&lock, &own[1].node, 1));
	EXPECT(!NAME(recursive_acquire)(&lock, &own[1].node, 1));
	NAME(recursive_release)(&lock, &own[1].node);
	EXPECT_EQ(NAME(recursive_holder)(&lock), 1);
#ifdef TRYLOCK
	EXPECT(NAME(recursive_trylock)(&lock, &own[1].node, 1));
	EXPECT(!NAME(recursive_trylock)(&lock, &own[2].node, 2));
	NAME(recursive_release)(&lock, &own[1].node);
#endif
	NAME(recursive_release)(&lock, &own[1].node);
	EXPECT_EQ(NAME(recursive_holder)(&lock), -1);
	EXPECT(!NAME(recursive_acquire)(&lock, &own[2].node, 2));
	NAME(recursive_release)(&lock, &own[2].node);
}

/* A depth may be any that 32 bits count to: this one is more than 16 do. */
static void test_a_great_depth(void)
{
	for (int i = 0; i < DEEP; i++)
		NAME(recursive_acquire)(&lock, &own[1].node, 1);
	for (int i = 1; i < DEEP; i++) {
		NAME(recursive_release)(&lock, &own[1].node);
		if (!EXPECT_EQ(NAME(recursive_holder)(&lock), 1))
			return;
	}
	NAME(recursive_release)(&lock, &own[1].node);
	EXPECT_EQ(NAME(recursive_holder)(&lock), -1);
}

int main(void)
{
	pthread_t thread[THREADS];

	memset(&lock, POISON, sizeof(lock)); /* init and join take any memory */
	memset(own, POISON, sizeof(own));
	NAME(recursive_init)(&lock);
	for (unsigned i = 0; i < THREADS; i++)
		NAME(join)(&own[i].node, &space, (struct lock_hart){i, i % 2});
	test_depth();
	test_a_great_depth();
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, count, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	EXPECT_EQ(counter, THREADS * TURNS);
	EXPECT_EQ(not_mine, 0);
	return check_status();
}
