/* Tests treiber.h: the contract, the interleaving that the count is there for, and threads that
 * take and give at once. */
#include "alloc/treiber.h"

#include <pthread.h>
#include <stdlib.h>

#include "check.h"
#include "random.h"

enum { FRAMES = 40, PART = 100, THREADS = 4, TURNS = 30000, LIVE = 6 };

static struct treiber_heap heap;
static char *memory;
static size_t room;

static void make(void)
{
	treiber_init(&heap, (uintptr_t)memory + PART, (uintptr_t)memory + room);
}

static void test_contract(void)
{
	void *frame[FRAMES + 3];
	size_t n = 0, frames;

	make();
	frames = heap.frames;
	EXPECT(frames >= FRAMES);
	EXPECT((char *)(heap.link + frames) <= memory + room);
	EXPECT_EQ(treiber_left(&heap), frames * TREIBER_FRAME);
	EXPECT_EQ(treiber_alloc(&heap, TREIBER_FRAME + 1, 1), NULL);
	EXPECT_EQ(treiber_alloc(&heap, 1, 2 * TREIBER_FRAME), NULL);
	while ((frame[n] = treiber_alloc(&heap, TREIBER_FRAME, TREIBER_FRAME)) != NULL) {
		EXPECT_EQ((uintptr_t)frame[n] % TREIBER_FRAME, 0);
		memset(frame[n], (int)n, TREIBER_FRAME);
		n++;
	}
	EXPECT_EQ(n, frames);
	EXPECT_EQ(treiber_used(&heap), frames * TREIBER_FRAME);
	for (size_t i = 0; i < n; i++)
		EXPECT_EQ(*(unsigned char *)frame[i], i);
	treiber_free(&heap, frame[3]);
	EXPECT(treiber_alloc(&heap, 1, 1) == frame[3]);
	for (size_t i = 0; i < n; i++)
		treiber_free(&heap, frame[i]);
	EXPECT_EQ(treiber_left(&heap), frames * TREIBER_FRAME);
	EXPECT_EQ(treiber_used(&heap), 0);
	treiber_init(&heap, (uintptr_t)memory + 1, (uintptr_t)memory + TREIBER_FRAME);
	EXPECT_EQ(treiber_alloc(&heap, 1, 1), NULL);
}

/* No head comes twice in 2^32 gives: more of them than 16 bits count to here, and those at the end.
 */
static void test_the_head_counts_every_give(void)
{
	enum { GIVES = 70000 };
	void *frame;

	make();
	for (uint64_t i = 1; i <= GIVES; i++) {
		frame = treiber_alloc(&heap, 1, 1);
		treiber_free(&heap, frame);
		if (!EXPECT_EQ(aptr_load_relaxed(&heap.head) >> 32, i))
			return;
	}
	frame = treiber_alloc(&heap, 1, 1);
	aptr_store_relaxed(&heap.head, aptr_load_relaxed(&heap.head) | (uintptr_t)UINT32_MAX << 32);
	treiber_free(&heap, frame);
	EXPECT_EQ(aptr_load_relaxed(&heap.head) >> 32, 0);
	EXPECT(treiber_alloc(&heap, 1, 1) == frame);
	EXPECT_EQ(treiber_left(&heap), (heap.frames - 1) * TREIBER_FRAME);
}

/* ABA: this hart has looked, and stands still. Another one takes two frames and gives the first
 * back: the head is the same frame again, and the one below it is not free any more. */
static void test_a_head_that_came_back_is_another_one(void)
{
	struct treiber_seen seen;
	void *first, *second, *block;

	make();
	seen = treiber_begin(&heap);
	first = treiber_alloc(&heap, 1, 1);
	second = treiber_alloc(&heap, 1, 1);
	treiber_free(&heap, first);
	EXPECT(!treiber_try_alloc(&heap, seen, &block));
	EXPECT(treiber_alloc(&heap, 1, 1) == first);
	EXPECT(treiber_alloc(&heap, 1, 1) != second);
}

/* A frame that is given back must not be put on a head that is gone. */
static void test_a_frame_is_not_put_on_a_head_that_is_gone(void)
{
	struct treiber_seen seen;
	void *mine, *other;

	make();
	mine = treiber_alloc(&heap, 1, 1);
	seen = treiber_begin(&heap);
	other = treiber_alloc(&heap, 1, 1);
	EXPECT(!treiber_try_free(&heap, seen, mine));
	treiber_free(&heap, mine);
	treiber_free(&heap, other);
	EXPECT_EQ(treiber_used(&heap), 0);
}

static pthread_barrier_t start;

/* Take frames and give them back, each with this thread's own number in it, which must still be
 * there. */
static void *work(void *arg)
{
	uintptr_t self = (uintptr_t)arg, *frame[LIVE], wrong = 0;
	uint64_t seed = self;
	unsigned n = 0;

	pthread_barrier_wait(&start);
	for (unsigned turn = 0; turn < TURNS; turn++) {
		if (n != 0 && (n == LIVE || random64(&seed) % 2)) {
			unsigned i = random64(&seed) % n;

			wrong += *frame[i] != self;
			treiber_free(&heap, frame[i]);
			frame[i] = frame[--n];
		} else if ((frame[n] = treiber_alloc(&heap, 1, 1)) != NULL) {
			*frame[n++] = self;
		}
	}
	while (n != 0)
		treiber_free(&heap, frame[--n]);
	return (void *)wrong;
}

static void test_threads(void)
{
	pthread_t thread[THREADS];

	make();
	pthread_barrier_init(&start, NULL, THREADS);
	for (uintptr_t i = 0; i < THREADS; i++)
		EXPECT_EQ(pthread_create(&thread[i], NULL, work, (void *)(i + 1)), 0);
	for (unsigned i = 0; i < THREADS; i++) {
		void *wrong;

		pthread_join(thread[i], &wrong);
		EXPECT_EQ((uintptr_t)wrong, 0);
	}
	EXPECT_EQ(treiber_used(&heap), 0);
	EXPECT_EQ(treiber_left(&heap), heap.frames * TREIBER_FRAME);
}

int main(void)
{
	room = (FRAMES + 2) * (size_t)TREIBER_FRAME;
	memory = aligned_alloc(TREIBER_FRAME, room);
	test_contract();
	test_the_head_counts_every_give();
	test_a_head_that_came_back_is_another_one();
	test_a_frame_is_not_put_on_a_head_that_is_gone();
	test_threads();
	free(memory);
	return check_status();
}
