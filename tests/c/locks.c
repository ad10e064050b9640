/* Tests what every word of lock/locks.def must do, under POSIX threads. It is built once
 * for each, as bench/worker.c is, with
 *
 *   -DSTRATEGY=name -DSTRATEGY_HEADER='"lock/name.h"'
 *   -DLOCKFREE      for an allocator that needs no lock
 *   -DTRYLOCK, -DIS_LOCKED            for a lock that has these
 *   -DUNLOCKED=...                    an initialiser that makes a free lock
 *   -DLONE                            for a lock that a lone hart may take before it joins
 *   -DTHREADS=n     how many it is for: 1 for those that exclude nobody
 *   -DLOCK_PORT='"relax.h"'
 */
#include <pthread.h>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"
#include "give_way.h"

#include STRATEGY_HEADER

#ifndef LOCKFREE
#include "alloc/bump.h"
#endif

#define JOIN_(a, b) a##_##b
#define JOIN(a, b)  JOIN_(a, b)
#define NAME(part)  JOIN(STRATEGY, part)

enum { TURNS = 20000, SIZE = 24, ROOM = 2 << 20 };

/* Called when this thread, a waiter, looks again. */
static _Thread_local void (*on_relax)(void);

void relax(void)
{
	if (on_relax != NULL)
		on_relax();
	else
		give_way();
}

static struct shared {
	pthread_barrier_t start;
	uint64_t counter, blocks[THREADS];
	_Alignas(64) uint8_t room[ROOM];
} shared;

static void on_threads(void *(*fn)(void *))
{
	pthread_t thread[THREADS];

	pthread_barrier_init(&shared.start, NULL, THREADS);
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, fn, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	pthread_barrier_destroy(&shared.start);
}

/* The state of each thread, and of one more hart that tests play. */
static struct own {
	_Alignas(64) struct NAME(node) node;
	unsigned long done; /* operations; its thread's own */
} own[THREADS + 1];

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
void __sanitizer_set_death_callback(void (*callback)(void));

/* Say how far the program was when a sanitizer ended it. It is called with the sanitizer's
 * own locks held, so the sanitizer must neither check nor intercept anything here. */
__attribute__((no_sanitize("thread", "address", "undefined"))) static void on_death(void)
{
	char text[] = "            operations until then\n";
	unsigned long done = 0;
	int at = 10;

	for (int i = 0; i < THREADS; i++)
		done += own[i].done;
	do
		text[at--] = (char)('0' + done % 10);
	while ((done /= 10) != 0 && at >= 0);
	syscall(SYS_write, 2, text, sizeof(text) - 1);
}
#else
#define __sanitizer_set_death_callback(callback) ((void)0)
#endif

#ifdef LOCKFREE

enum { BATCH = 10 * SIZE };

static struct NAME(heap) heap;

static void heap_init(void)
{
	memset(&heap, POISON, sizeof(heap));
	NAME(init)(&heap, (uintptr_t)shared.room, (uintptr_t)shared.room + ROOM);
	for (unsigned i = 0; i < THREADS; i++)
		NAME(join)(&own[i].node, BATCH);
}

static void *heap_alloc(unsigned index)
{
	struct NAME(seen) seen = NAME(begin)(&heap, &own[index].node);
	void *block;

	while (!NAME(try)(&heap, &seen, SIZE, 8, &block))
		;
	own[index].done++;
	return block;
}

/* Returns the bytes in use. Every thread has allocated until nothing fitted, so that none
 * has bytes in store. */
static size_t heap_used(void)
{
	for (unsigned i = 0; i < THREADS; i++)
		EXPECT_EQ(NAME(waste)(&own[i].node), 0);
	return NAME(used)(&heap);
}

#ifdef IRQ_SAFE
/* A handler allocates amid its hart's own allocation. */
static void test_lock(void)
{
	struct NAME(seen) seen;
	void *outer, *inner;

	heap_init();
	seen = NAME(begin)(&heap, &own[0].node);
	inner = heap_alloc(0);
	while (!NAME(try)(&heap, &seen, SIZE, 8, &outer))
		;
	EXPECT(outer != NULL && inner != NULL && outer != inner);
	EXPECT_EQ(NAME(used)(&heap), 2 * SIZE);
}
#else
static void test_lock(void)
{
}
#endif

#else

static struct NAME(lock) lock;
static struct NAME(space) space;
static struct bump heap;

/* Makes the lock free and lets all harts join, in memory that is not zero before. */
static void lock_init(void)
{
	memset(&lock, POISON, sizeof(lock));
	memset(own, POISON, sizeof(own));
	for (unsigned i = 0; i <= THREADS; i++)
		own[i].done = 0;
	NAME(init)(&lock);
	for (unsigned i = 0; i <= THREADS; i++)
		NAME(join)(&own[i].node, &space, (struct lock_hart){i, i % 2});
}

static void heap_init(void)
{
	lock_init();
	bump_init(&heap, (uintptr_t)shared.room, (uintptr_t)shared.room + ROOM);
}

static void *heap_alloc(unsigned index)
{
	void *block;

	NAME(acquire)(&lock, &own[index].node);
	block = bump_alloc(&heap, SIZE, 8);
	NAME(release)(&lock, &own[index].node);
	own[index].done++;
	return block;
}

static size_t heap_used(void)
{
	return bump_used(&heap);
}

static unsigned looks;
static sem_t let_go;

/* Let the other thread release: the main thread waits now. */
static void ask_other(void)
{
	if (looks++ == 2)
		sem_post(&let_go);
	give_way();
}

/* Hold the lock, as another hart, until asked to release it. */
static void *hold_until_asked(void *arg)
{
	struct own *other = arg;

	sem_wait(&let_go);
	NAME(release)(&lock, &other->node);
	return NULL;
}

/* An acquire says that it waited if, and only if, it did. */
static void test_waited(void)
{
	struct own *me = &own[0], *other = &own[THREADS];
	pthread_t thread;

	lock_init();
	sem_init(&let_go, 0, 0);
	for (int i = 0; i < 3; i++) {
		EXPECT(!NAME(acquire)(&lock, &other->node));
		if (THREADS == 1) {
			NAME(release)(&lock, &other->node);
			continue;
		}
		looks = 0;
		on_relax = ask_other;
		pthread_create(&thread, NULL, hold_until_asked, other);
		EXPECT(NAME(acquire)(&lock, &me->node));
		on_relax = NULL;
		pthread_join(thread, NULL);
		EXPECT(looks >= 3);
		NAME(release)(&lock, &me->node);
	}
	sem_destroy(&let_go);
}

#ifdef TRYLOCK
#define TRY(lock, node) NAME(trylock)(lock, node)
#else
#define TRY(lock, node) (NAME(acquire)(lock, node), true)
#endif

#ifdef IS_LOCKED
#define EXPECT_LOCKED(is) EXPECT(NAME(is_locked)(&lock) == (is))
#else
#define EXPECT_LOCKED(is) ((void)0)
#endif

/* A try takes a free lock. One that fails leaves nothing behind: who comes next need not wait. */
static void test_try(void)
{
	struct own *me = &own[0], *other = &own[THREADS];

	lock_init();
	EXPECT_LOCKED(false);
	for (int i = 0; i < 3; i++) {
		EXPECT(TRY(&lock, &me->node));
		EXPECT_LOCKED(true);
#ifdef TRYLOCK
		EXPECT(!TRY(&lock, &me->node));
		EXPECT(!TRY(&lock, &other->node)); /* the last one: no other may hide it */
#endif
		NAME(release)(&lock, &me->node);
		EXPECT_LOCKED(false);
		EXPECT(!NAME(acquire)(&lock, &other->node));
		EXPECT_LOCKED(true);
		NAME(release)(&lock, &other->node);
	}
}

/* A lock that no code has initialised. */
static void test_initialised(void)
{
#ifdef UNLOCKED
	static struct NAME(lock) fresh = UNLOCKED;

	NAME(acquire)(&fresh, &own[0].node);
	NAME(release)(&fresh, &own[0].node);
#endif
#ifdef LONE
	static struct NAME(lock) lone = UNLOCKED;
	static struct NAME(node) nobody;

	for (int i = 0; i < 2; i++) {
		EXPECT(!NAME(acquire)(&lone, &nobody));
		NAME(release)(&lone, &nobody);
		EXPECT(TRY(&lone, &nobody));
		NAME(release)(&lone, &nobody);
	}
#endif
}

/* Count by tries alone, but for every fourth time. */
static void *count_by_tries(void *arg)
{
	struct own *mine = &own[(uintptr_t)arg];

	pthread_barrier_wait(&shared.start);
	for (int i = 0; i < TURNS / 4; i++) {
		if (i % 4 == 0)
			NAME(acquire)(&lock, &mine->node);
		else
			while (!TRY(&lock, &mine->node))
				relax();
		shared.counter++;
		NAME(release)(&lock, &mine->node);
		mine->done++;
	}
	return NULL;
}

static void *count(void *arg)
{
	struct own *mine = &own[(uintptr_t)arg];
	struct NAME(node) *node = &mine->node;

	pthread_barrier_wait(&shared.start);
	for (int i = 0; i < TURNS; i++) {
		uint64_t seen;

		NAME(acquire)(&lock, node);
		seen = shared.counter;
		for (int n = 0; n < 50; n++)
			__asm__ volatile("");
		shared.counter = seen + 1;
		NAME(release)(&lock, node);
		mine->done++;
	}
	return NULL;
}

static void test_counter(void)
{
	lock_init();
	shared.counter = 0;
	on_threads(count);
	EXPECT_EQ(shared.counter, (uint64_t)THREADS * TURNS);
	shared.counter = 0;
	on_threads(count_by_tries);
	EXPECT_EQ(shared.counter, (uint64_t)THREADS * (TURNS / 4));
}

/* The sizes are those that the header's preamble names, where it names plain numbers. */
static void test_space(void)
{
#ifdef LOCK_BYTES
	EXPECT_EQ(sizeof(struct NAME(lock)), LOCK_BYTES);
	EXPECT_EQ(sizeof(struct NAME(node)), NODE_BYTES);
#endif
}

static void test_lock(void)
{
	test_space();
	lock_init();
	test_initialised();
	test_try();
	test_counter();
	test_waited();
}

#endif

/* Write all over each block: if two threads hold one, ThreadSanitizer sees it, and the
 * walk over all blocks may see it, too. */
static void *fill(void *arg)
{
	uintptr_t index = (uintptr_t)arg;
	uint64_t blocks = 0;
	void *block;

	pthread_barrier_wait(&shared.start);
	while ((block = heap_alloc((unsigned)index)) != NULL) {
		memset(block, (int)index + 1, SIZE);
		blocks++;
	}
	shared.blocks[index] = blocks;
	return NULL;
}

static bool is_owned_by(const uint8_t *block, uint8_t owner)
{
	for (int i = 0; i < SIZE; i++)
		if (block[i] != owner)
			return false;
	return true;
}

static void test_disjoint(void)
{
	uint64_t found[THREADS] = {0};

	heap_init();
	memset(shared.room, 0, ROOM);
	on_threads(fill);
	EXPECT_EQ(heap_used(), ROOM / SIZE * SIZE);
	for (size_t at = 0; at + SIZE <= ROOM; at += SIZE) {
		uint8_t owner = shared.room[at];

		if (EXPECT(owner >= 1 && owner <= THREADS && is_owned_by(shared.room + at, owner)))
			found[owner - 1]++;
	}
	for (int i = 0; i < THREADS; i++)
		EXPECT_EQ(found[i], shared.blocks[i]);
}

int main(void)
{
	__sanitizer_set_death_callback(on_death);
	test_lock();
	test_disjoint();
	return check_status();
}
