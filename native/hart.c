#define _GNU_SOURCE
#include "hart.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../bench/port.h"
#include "futex.h"
#include "panic.h"
#include "self.h"

struct hart {
	/* work given to a sleeping hart; fn is NULL when there is none */
	_Alignas(128) void (*_Atomic fn)(unsigned index, void *arg);
	void *arg;
	_Atomic uint32_t woken; /* 1: hart_idle() has a reason to return */
	unsigned index, place;
};

static struct hart harts[PORT_MAX_HARTS];
static const struct processors *processors;
static _Alignas(128) _Atomic uint32_t busy; /* harts that have work */

int hart_processor(unsigned index)
{
	return processors->id[harts[index].place];
}

void hart_idle(void)
{
	struct hart *h = &harts[self_index];

	/* relaxed, here and in hart_wake(): the data that a woken hart reads is ordered by
	 * other means. */
	if (atomic_exchange_explicit(&h->woken, 0, memory_order_relaxed) == 0)
		futex_wait(&h->woken, 0);
}

void hart_wake(unsigned index)
{
	atomic_store_explicit(&harts[index].woken, 1, memory_order_relaxed);
	futex_wake(&harts[index].woken);
}

static void finish(void)
{
	/* acq_rel (F): pairs with the acquire in wait_for_all(), for every hart. */
	if (atomic_fetch_sub_explicit(&busy, 1, memory_order_acq_rel) == 1)
		futex_wake(&busy);
}

static void wait_for_all(void)
{
	uint32_t left;

	/* acquire (F): pairs with the release in finish(). */
	while ((left = atomic_load_explicit(&busy, memory_order_acquire)) != 0)
		futex_wait(&busy, left);
}

static void *hart_main(void *arg)
{
	struct hart *h = arg;
	void (*fn)(unsigned index, void *arg);
	char name[16];

	self_index = h->index;
	snprintf(name, sizeof(name), "hart %u", self_index);
	pthread_setname_np(pthread_self(), name);
	processors_go(processors, h->place);
	finish();
	for (;;) {
		/* acquire (W): pairs with the release in hart_run(). */
		while ((fn = atomic_load_explicit(&h->fn, memory_order_acquire)) == NULL)
			hart_idle();
		fn(self_index, h->arg);
		/* relaxed: only hart_run() writes the word again, after finish(). */
		atomic_store_explicit(&h->fn, NULL, memory_order_relaxed);
		finish();
	}
	return NULL;
}

void hart_start_all(unsigned count, const struct processors *allowed)
{
	pthread_t thread;
	int error;

	processors = allowed;
	/* relaxed: pthread_create() publishes the store. */
	atomic_store_explicit(&busy, count, memory_order_relaxed);
	for (unsigned i = 0; i < count; i++) {
		harts[i].index = i;
		harts[i].place = i % allowed->count;
		error = pthread_create(&thread, NULL, hart_main, &harts[i]);
		if (error != 0)
			panic("thread of hart %u: %s", i, strerror(error));
		pthread_detach(thread);
	}
	wait_for_all();
}

void hart_run(unsigned n, void (*fn)(unsigned index, void *arg), void *arg)
{
	/* relaxed: (W) publishes the store. */
	atomic_store_explicit(&busy, n, memory_order_relaxed);
	for (unsigned i = 0; i < n; i++) {
		harts[i].arg = arg;
		/* release (W): pairs with the acquire in hart_main(). */
		atomic_store_explicit(&harts[i].fn, fn, memory_order_release);
		hart_wake(i);
	}
	wait_for_all();
}
