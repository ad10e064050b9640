#include "hart.h"

#include <string.h>

#include "clock.h"
#include "counter.h"
#include "csr.h"
#include "hang.h"
#include "ipi.h"
#include "leave.h"
#include "panic.h"
#include "sbi.h"

_Static_assert(offsetof(struct hart, stack_top) == HART_STACK_TOP, "start.S");
_Static_assert(offsetof(struct hart, id) == HART_ID, "start.S");
_Static_assert(sizeof(struct hart) == HART_SIZE, "start.S");

static const uint64_t GUARD_WORD = 0x6472617567747261; /* "artguard" */
enum { START_LIMIT_S = 5 };

struct hart harts[MAX_HARTS]; /* start.S reads it, too */
static struct hart *online[MAX_HARTS];
static unsigned slots;
static struct hart *boot;
_Thread_local struct hart *this_hart;

extern char __stacks_start[], __tls_start[], __tls_data_end[];
void _start(void);
_Noreturn void hart_main(struct hart *h);

static uint64_t *guard_of(unsigned slot)
{
	return (uint64_t *)(__stacks_start + (size_t)slot * STACK_SIZE);
}

static void guard_stacks(void)
{
	for (unsigned slot = 0; slot < STACK_SLOTS; slot++)
		for (unsigned i = 0; i < STACK_GUARD / 8; i++)
			guard_of(slot)[i] = GUARD_WORD;
}

void hart_check_stacks(void)
{
	for (unsigned slot = 0; slot < STACK_SLOTS; slot++)
		for (unsigned i = 0; i < STACK_GUARD / 8; i++)
			if (guard_of(slot)[i] != GUARD_WORD)
				panic("stack overflow: %s %lu ran into its guard words",
				      slot < slots ? "hart" : "boot stack of hart",
				      slot < slots ? harts[slot].id : boot->id);
}

/* What every hart sets up for itself: thread-local storage, traps, interrupts. */
static void init_self(struct hart *h)
{
	memcpy(h->tls, __tls_start, __tls_data_end - __tls_start);
	__asm__ volatile("mv tp, %0" ::"r"(h->tls));
	this_hart = h;
	trap_init(&h->frame, (uintptr_t)h->trap_stack + TRAP_STACK);
	csr_clear(sstatus, SSTATUS_SIE);
	csr_write(sie, SIE_SSIE);
	h->has_cycle = counter_readable();
}

void hart_init_boot(unsigned long boot_id, const struct machine *m)
{
	slots = m->harts;
	for (unsigned i = 0; i < slots; i++) {
		harts[i].id = m->hart[i].id;
		harts[i].stack_top = (uintptr_t)guard_of(i + 1);
		if (harts[i].id == boot_id)
			boot = &harts[i];
	}
	if (boot == NULL) { /* the tree leaves out the hart that reads it */
		boot = &harts[slots < MAX_HARTS ? slots++ : MAX_HARTS - 1];
		boot->id = boot_id;
		boot->stack_top = (uintptr_t)guard_of(boot - harts + 1);
	}
	guard_stacks();
	atomic_store_explicit(&boot->state, HART_ONLINE, memory_order_relaxed);
	init_self(boot);
}

long hart_again(const struct hart *h)
{
	return sbi_hart_start(h->id, (uintptr_t)_start, 0).error;
}

static void start(struct hart *h)
{
	/* relaxed: hart_start orders it; firmware's IPI reads memory after. */
	atomic_store_explicit(&h->state, HART_STARTING, memory_order_relaxed);
	h->start_error = hart_again(h);
	if (h->start_error != 0)
		atomic_store_explicit(&h->state, HART_FAILED, memory_order_relaxed);
}

static unsigned count(int state)
{
	unsigned n = 0;

	for (unsigned i = 0; i < slots; i++)
		/* acquire (H): pairs with the release in hart_main(). */
		n += atomic_load_explicit(&harts[i].state, memory_order_acquire) == state;
	return n;
}

/* Wait until all have come, or none has for START_LIMIT_S: a busy host may take a
 * while to run 64 of them. Each that comes sends an IPI, and a timer is set:
 * spinning here would keep an emulator with one thread from running them. */
static void await_all(uint64_t limit)
{
	uint64_t deadline = 0;
	unsigned waiting = 0;

	for (;;) {
		unsigned now = count(HART_STARTING);

		if (now != waiting) {
			waiting = now;
			deadline = clock_time() + limit;
			trap_timeout(deadline);
		}
		if (waiting == 0 || clock_time() >= deadline)
			break;
		hart_idle();
	}
	trap_alarm_off();
}

/* A hart that has not come is given up; if it comes later it finds that out, and
 * parks for good. */
static bool is_online(struct hart *h)
{
	int starting = HART_STARTING;

	atomic_compare_exchange_strong_explicit(&h->state, &starting, HART_FAILED,
						memory_order_acquire, memory_order_acquire);
	return atomic_load_explicit(&h->state, memory_order_acquire) == HART_ONLINE;
}

unsigned hart_start_all(const struct machine *m)
{
	unsigned n = 0;

	for (unsigned i = 0; i < slots; i++)
		if (&harts[i] != boot)
			start(&harts[i]);
	await_all(START_LIMIT_S * m->timebase_hz);
	for (unsigned i = 0; i < slots; i++) {
		if (!is_online(&harts[i]))
			continue;
		harts[i].index = n;
		online[n++] = &harts[i];
	}
	return n;
}

unsigned hart_slots(void)
{
	return slots;
}

const struct hart *hart_slot(unsigned i)
{
	return &harts[i];
}

struct hart *hart_by_index(unsigned index)
{
	return online[index];
}

void hart_idle(void)
{
	__asm__ volatile("wfi" ::: "memory");
	hang_listen();
	hang_look();
	csr_clear(sip, SIE_SSIE);
	ipi_take(NULL);
}

static void wake(const struct hart *h)
{
	/* release, as a fence before the device write that firmware makes:
	 * what the woken hart is to see must be in memory before its IPI. */
	atomic_thread_fence(memory_order_seq_cst);
	if (sbi_send_ipi(h->id).error != 0)
		panic("no IPI to hart %lu", h->id);
}

void hart_wake(unsigned index)
{
	wake(online[index]);
}

static void work_once(struct hart *h)
{
	/* acquire (W): pairs with the release in hart_run(). */
	void (*fn)(unsigned, void *) = atomic_load_explicit(&h->fn, memory_order_acquire);

	if (fn == NULL)
		return;
	fn(h->index, h->arg);
	/* release (D): pairs with the acquire in hart_run(). */
	atomic_store_explicit(&h->fn, NULL, memory_order_release);
	if (h != boot)
		wake(boot);
}

_Noreturn void hart_main(struct hart *h)
{
	int starting = HART_STARTING;

	init_self(h);
	leave_over(h);
	/* release (H): pairs with the acquire in came(). */
	atomic_compare_exchange_strong_explicit(&h->state, &starting, HART_ONLINE,
						memory_order_release, memory_order_relaxed);
	wake(boot);
	for (;;) {
		hart_idle();
		work_once(h);
	}
}

static void work_here(void *arg)
{
	work_once(arg);
}

void hart_run(unsigned n, void (*fn)(unsigned index, void *arg), void *arg)
{
	hang_begin(n);
	for (unsigned i = 0; i < n; i++) {
		online[i]->arg = arg;
		/* release (W): pairs with the acquire in work_once(). */
		atomic_store_explicit(&online[i]->fn, fn, memory_order_release);
		if (online[i] != boot)
			hart_wake(i);
	}
	/* The boot hart works on the stack of its own slot, as every hart does. */
	if (boot->index < n)
		call_on_stack(work_here, boot, boot->stack_top);
	for (unsigned i = 0; i < n; i++)
		/* acquire (D): pairs with the release in work_once(). */
		while (atomic_load_explicit(&online[i]->fn, memory_order_acquire) != NULL)
			hart_idle();
	hang_end();
	hart_check_stacks();
}
