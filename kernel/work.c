#include "work.h"

#include <stddef.h>

#include "csr.h"
#include "hang.h"
#include "ipi.h"
#include "panic.h"
#include "sbi.h"
#include "stacks.h"

void work_idle(void)
{
	__asm__ volatile("wfi" ::: "memory");
	hang_listen();
	hang_look();
	csr_clear(sip, SIE_SSIE);
	ipi_take(NULL);
}

void work_wake(const struct hart *h)
{
	/* seq_cst: what the woken hart is to see must be in memory before the device write
	 * that firmware makes. */
	atomic_thread_fence(memory_order_seq_cst);
	if (sbi_send_ipi(h->id).error != 0)
		panic("no IPI to hart %lu", h->id);
}

static void work_once(struct hart *h)
{
	/* acquire (W): pairs with the release in work_run(). */
	void (*fn)(unsigned, void *) = atomic_load_explicit(&h->fn, memory_order_acquire);

	if (fn == NULL)
		return;
	fn(h->index, h->arg);
	/* release (D): pairs with the acquire in work_run(). */
	atomic_store_explicit(&h->fn, NULL, memory_order_release);
	if (h != hart_boot())
		work_wake(hart_boot());
}

void work_forever(void)
{
	for (;;) {
		work_idle();
		work_once(this_hart);
	}
}

static void work_here(void *arg)
{
	work_once(arg);
}

void work_run(unsigned n, void (*fn)(unsigned index, void *arg), void *arg)
{
	struct hart *boot = hart_boot();

	hang_begin(n);
	for (unsigned i = 0; i < n; i++) {
		struct hart *h = hart_by_index(i);

		h->arg = arg;
		/* release (W): pairs with the acquire in work_once(). */
		atomic_store_explicit(&h->fn, fn, memory_order_release);
		if (h != boot)
			work_wake(h);
	}
	/* The boot hart works on the stack of its own slot, as every hart does. */
	if (boot->index < n)
		call_on_stack(work_here, boot, boot->stack_top);
	for (unsigned i = 0; i < n; i++)
		/* acquire (D): pairs with the release in work_once(). */
		while (atomic_load_explicit(&hart_by_index(i)->fn, memory_order_acquire) != NULL)
			work_idle();
	hang_end();
	stacks_check();
}
