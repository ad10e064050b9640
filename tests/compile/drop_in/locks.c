/* locks.c: a snippet of docs/use/drop-in.md with a lock, run by threads. Built with
 *
 *   -DPROJECT='"xen.h"' -DSNIPPET='"snippet.h"'   the surroundings, the doc's text
 *   -DZEROED=0|1        whether zeroed memory is a free lock
 *   -DJOIN=...          what is called at boot, if anything
 *   -DINIT(l) -DLOCK(l) -DUNLOCK(l)   the project's words for it
 *   -DTRY(l) -DIS_LOCKED(l)           these, too, where the project has them */
#include PROJECT
#include SNIPPET

#include <pthread.h>
#include <stdio.h>

enum { TURNS = 3000 };

/* Two locks, so that a thread holds both, and lets go in the order it took them. */
static spinlock_t zeroed, outer, inner;
static unsigned long counted, both, wrong;

#ifdef TRY
#define TAKE(l, tries)                   \
	do {                             \
		if (tries)               \
			while (!TRY(l))  \
				relax(); \
		else                     \
			LOCK(l);         \
		wrong += !IS_LOCKED(l);  \
	} while (0)
#else
#define IS_LOCKED(l)   0
#define TAKE(l, tries) LOCK(l)
#endif

static void *work(void *arg)
{
	this_hart = (unsigned)(uintptr_t)arg;
	for (int i = 0; i < TURNS; i++) {
		TAKE(&outer, i % 3 == 0);
		counted++;
		TAKE(&inner, i % 2 == 0);
		UNLOCK(&outer);
		both++;
		UNLOCK(&inner);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread[THREADS];

	JOIN;
	INIT(outer);
	INIT(inner);
	if (ZEROED) {
		LOCK(&zeroed);
		UNLOCK(&zeroed);
	}
	for (uintptr_t i = 0; i < THREADS; i++)
		pthread_create(&thread[i], NULL, work, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	wrong += IS_LOCKED(&outer) || IS_LOCKED(&inner);
	printf("%lu %lu %lu\n", counted, both, wrong);
	return counted != THREADS * TURNS || both != THREADS * TURNS || wrong != 0;
}
