#include "hang.h"

#include <stddef.h>

#include "../bench/bench.h"
#include "../bench/record.h"
#include "clock.h"
#include "hart.h"
#include "ipi.h"
#include "kernel.h"
#include "model.h"
#include "panic.h"
#include "trap.h"

/* A look finds the same as the one before it so many times: then nobody gets on. Not
 * by the clock, which leaps when somebody stops the emulator for a while. */
enum { LOOKS = 8 };

/* Seconds: to answer an IPI in; and, when a hart has not, for the host to ask the
 * emulator before the machine stops. */
enum { ANSWER_S = 1, HOST_S = 5 };

_Atomic bool hang_asked;
static _Atomic bool answered[MAX_HARTS];
static bool by_trap[MAX_HARTS]; /* with the registers in its frame */
static struct hart *watcher;
static unsigned watched, same;
static uint64_t limit_ms = 20000, next = HANG_NEVER, seen;

void hang_limit(uint64_t ms)
{
	limit_ms = ms;
}

static bool is_back(unsigned index)
{
	/* acquire: a hart that is back has left nothing half done. */
	return atomic_load_explicit(&hart_by_index(index)->fn, memory_order_acquire) == NULL;
}

/* Changes whenever a hart gets on, or comes back. */
static uint64_t progress(void)
{
	uint64_t sum = bench_progress();

	for (unsigned i = 0; i < watched; i++)
		sum += is_back(i);
	return sum;
}

static void wait_until_next(void)
{
	next = clock_time() + limit_ms * kernel.machine.timebase_hz / 1000 / LOOKS + 1;
	trap_rearm();
}

/* Asked: the trap has saved where this hart was, if it was not asleep. It stays. */
static void answer(const struct trap_frame *frame)
{
	by_trap[this_hart->index] = frame != NULL;
	/* release (A): what the trap saved is in memory. */
	atomic_store_explicit(&answered[this_hart->index], true, memory_order_release);
	for (;;)
		__asm__ volatile("wfi");
}

void hang_begin(unsigned n)
{
	if (model_here()) /* it knows by itself, and has its own time */
		return;
	watcher = this_hart;
	watched = n;
	same = 0;
	seen = progress();
	ipi_handler(IPI_HANG, answer);
	wait_until_next();
}

void hang_end(void)
{
	if (next == HANG_NEVER)
		return;
	next = HANG_NEVER;
	trap_rearm();
}

uint64_t hang_next(void)
{
	return this_hart == watcher ? next : HANG_NEVER;
}

static bool all_answered(void)
{
	for (unsigned i = 0; i < watched; i++)
		/* acquire (A): pairs with the release in answer(). */
		if (!is_back(i) && !atomic_load_explicit(&answered[i], memory_order_acquire))
			return false;
	return true;
}

static void ask(void)
{
	uint64_t until = clock_time() + ANSWER_S * kernel.machine.timebase_hz;

	atomic_store_explicit(&hang_asked, true, memory_order_seq_cst);
	for (unsigned i = 0; i < watched; i++) {
		if (hart_by_index(i) == this_hart) {
			by_trap[i] = trap_inside();
			atomic_store_explicit(&answered[i], true, memory_order_relaxed);
		} else if (!is_back(i))
			(void)ipi_send(i, IPI_HANG); /* refused: there is no answer */
	}
	while (!all_answered() && clock_time() < until)
		;
}

/* The registers of the watcher are those of its timer interrupt; when it found out
 * outside of one, it waited for the others. */
static void say_hart(unsigned index)
{
	const struct hart *h = hart_by_index(index);
	bool heard = atomic_load_explicit(&answered[index], memory_order_acquire);

	record_begin("stuck");
	record_u64("hart", index);
	record_u64("id", h->id);
	record_u64("answered", heard);
	if (heard && by_trap[index]) {
		record_hex("pc", h->frame.sepc);
		trap_say_registers(&h->frame);
	}
	bench_say_hart(index);
	record_end();
}

static _Noreturn void give_up(void)
{
	unsigned stuck = 0, silent = 0;

	ask();
	panic_begin();
	for (unsigned i = 0; i < watched; i++) {
		if (is_back(i))
			continue;
		stuck++;
		silent += !atomic_load_explicit(&answered[i], memory_order_relaxed);
		say_hart(i);
	}
	record_begin("hang");
	record_u64("harts", watched);
	record_u64("stuck", stuck);
	record_u64("silent", silent);
	record_u64("ms", limit_ms);
	record_u64("by", watcher->index);
	bench_say_pass();
	record_end();
	for (uint64_t from = clock_time();
	     silent != 0 && clock_time() - from < HOST_S * kernel.machine.timebase_hz;)
		;
	panic("hang: %u of %u harts have not come back", stuck, watched);
}

void hang_look(void)
{
	uint64_t now;

	if (hang_next() == HANG_NEVER || clock_time() < next)
		return;
	now = progress();
	same = now == seen ? same + 1 : 0;
	seen = now;
	if (same == LOOKS)
		give_up();
	wait_until_next();
}
