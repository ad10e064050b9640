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
#include "timer.h"
#include "trap.h"

/* No hart gets on when so many looks in a row have found no change. The clock alone would not
 * do: it leaps when somebody stops the emulator for a while. */
enum { LOOKS = 8 };

/* Seconds that a hart has to answer an IPI; and that the host has, if a hart did not, to ask
 * the emulator before the machine stops. */
enum { ANSWER_S = 1, HOST_S = 5 };

_Atomic bool hang_asked;
static _Atomic bool answered[MAX_HARTS];
static bool by_trap[MAX_HARTS]; /* its registers are in its frame */
static unsigned watched, same;
static uint64_t limit_ms = 20000, seen;

void hang_limit(uint64_t ms)
{
	limit_ms = ms;
}

static bool is_back(unsigned index)
{
	/* acquire: a hart that is back has left nothing half done. */
	return atomic_load_explicit(&hart_by_index(index)->fn, memory_order_acquire) == NULL;
}

/* Returns a number that changes whenever a hart gets on, or comes back. */
static uint64_t progress(void)
{
	uint64_t sum = bench_progress();

	for (unsigned i = 0; i < watched; i++)
		sum += is_back(i);
	return sum;
}

/* This hart has been asked. If it was not asleep, the trap has saved where it was, and it
 * stays here, so that this remains true. */
static void answer(const struct trap_frame *frame)
{
	by_trap[this_hart->index] = frame != NULL;
	/* release (A): what the trap saved is in memory. */
	atomic_store_explicit(&answered[this_hart->index], true, memory_order_release);
	for (;;)
		__asm__ volatile("wfi");
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
			by_trap[i] = trap_is_inside();
			atomic_store_explicit(&answered[i], true, memory_order_relaxed);
		} else if (!is_back(i))
			(void)ipi_send(i, IPI_HANG); /* refused: there is no answer */
	}
	while (!all_answered() && clock_time() < until)
		;
}

/* The hart that looks has its registers saved by its timer interrupt; if it found out outside
 * of one, it was waiting for the others, and there are none to tell. */
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
	record_u64("by", this_hart->index);
	bench_say_pass();
	record_end();
	for (uint64_t from = clock_time();
	     silent != 0 && clock_time() - from < HOST_S * kernel.machine.timebase_hz;)
		;
	panic("hang: %u of %u harts have not come back", stuck, watched);
}

static void wait_for_next_look(void);

static void look(void *unused)
{
	uint64_t now = progress();

	(void)unused;
	same = now == seen ? same + 1 : 0;
	seen = now;
	if (same == LOOKS)
		give_up();
	wait_for_next_look();
}

static void wait_for_next_look(void)
{
	uint64_t limit = limit_ms * kernel.machine.timebase_hz / 1000;

	timer_look(clock_time() + limit / LOOKS + 1, look);
}

void hang_look(void)
{
	if (timer_look_is_due())
		look(NULL);
}

void hang_begin(unsigned n)
{
	if (model_here()) /* it knows by itself, and has its own time */
		return;
	watched = n;
	same = 0;
	seen = progress();
	ipi_handler(IPI_HANG, answer);
	wait_for_next_look();
}

void hang_end(void)
{
	if (!model_here())
		timer_look_off();
}
