/* heaps.c: a snippet of docs/use/drop-in.md with an allocator, run by threads. Built with
 *
 *   -DPROJECT='"xen.h"' -DSNIPPET='"snippet.h"'   the surroundings, the doc's text
 *   -DHARTS=n           1 for one that excludes nobody */
#include PROJECT
#include SNIPPET

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { BLOCKS = 64, BYTES = 4096 };

static _Alignas(4096) unsigned char room[(THREADS * BLOCKS + 64) * BYTES];
static unsigned long wrong;

#if defined(IS_opensbi)
static void begin(void)
{
	struct sbi_scratch scratch = {.fw_start = (uintptr_t)room, .fw_heap_size = sizeof(room)};

	wrong += sbi_heap_init(&scratch) != 0;
}

static unsigned char *block(void)
{
	return sbi_malloc(BYTES);
}
#elif defined(IS_bao)
static void begin(void)
{
	pool_init((uintptr_t)room, sizeof(room) / BYTES);
}

static unsigned char *block(void)
{
	struct ppages pages;

	return pool_alloc(1, &pages) ? (unsigned char *)pages.base : NULL;
}
#else
static void begin(void)
{
	init_boot_pages((uintptr_t)room, (uintptr_t)room + sizeof(room));
#ifdef JOIN
	for (unsigned i = 0; i < THREADS; i++)
		JOIN(i);
#endif
}

static unsigned char *block(void)
{
	return (unsigned char *)(alloc_boot_pages(1, 1).mfn << PAGE_SHIFT);
}
#endif

static void *work(void *arg)
{
	this_hart = (unsigned)(uintptr_t)arg;
	for (int i = 0; i < BLOCKS; i++) {
		unsigned char *mine = block();

		if (mine == NULL || mine < room || mine + BYTES > room + sizeof(room)) {
			__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
			continue;
		}
		for (int at = 0; at < BYTES; at++)
			if (__atomic_exchange_n(&mine[at], 1, __ATOMIC_RELAXED) != 0)
				__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread[THREADS];

	begin();
	for (uintptr_t i = 0; i < HARTS; i++)
		pthread_create(&thread[i], NULL, work, (void *)i);
	for (int i = 0; i < HARTS; i++)
		pthread_join(thread[i], NULL);
	printf("%lu wrong\n", wrong);
	return wrong != 0;
}
