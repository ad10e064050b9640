/* faa where it is hardest: threads that exhaust small heaps again and again, with
 * sizes and alignments that never fit evenly. No byte may be handed out twice,
 * `used` may not pass the end, and what is left must still be had. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "alloc/faa.h"
#include "check.h"

enum { THREADS = 4, ROUNDS = 20, CALLS = 4000, BYTES = 32768 };

static struct faa_heap heap;
static _Alignas(4096) unsigned char memory[BYTES];
static _Atomic unsigned char owners[BYTES];
static _Atomic unsigned long wrong, refused;

static uint64_t next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	return *x ^= *x << 17;
}

static void take(void *block, size_t size, size_t align)
{
	size_t at = (size_t)((uintptr_t)block - (uintptr_t)memory);

	if ((uintptr_t)block % align != 0 || at > BYTES || size > BYTES - at) {
		wrong++;
		return;
	}
	for (size_t i = 0; i < size; i++)
		if (atomic_fetch_add_explicit(&owners[at + i], 1, memory_order_relaxed) != 0)
			wrong++;
}

static void *exhaust(void *seed)
{
	uint64_t random = (uintptr_t)seed;

	for (int i = 0; i < CALLS; i++) {
		uint64_t r = next_random(&random);
		size_t size = r % 200, align = (size_t)1 << (r >> 20) % 8;
		void *block = faa_alloc(&heap, size, align);

		if (block == NULL)
			refused++;
		else
			take(block, size, align);
	}
	return NULL;
}

static void one_heap(unsigned round)
{
	uintptr_t start = (uintptr_t)memory + round;
	pthread_t threads[THREADS];
	size_t left;

	memset(owners, 0, sizeof(owners));
	faa_init(&heap, start, (uintptr_t)memory + BYTES);
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, exhaust, (void *)(round * THREADS + i + 1));
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	if (!EXPECT(faa_used(&heap) <= BYTES - round))
		return;
	left = BYTES - round - faa_used(&heap);
	EXPECT(faa_alloc(&heap, left + 1, 1) == NULL);
	EXPECT(faa_alloc(&heap, SIZE_MAX, 4096) == NULL);
	EXPECT(faa_alloc(&heap, left, 1) != NULL);
	EXPECT_EQ(faa_used(&heap), BYTES - round);
}

int main(void)
{
	for (unsigned round = 0; round < ROUNDS; round++)
		one_heap(round);
	EXPECT_EQ(wrong, 0);
	EXPECT(refused > 0);
	return check_status();
}
