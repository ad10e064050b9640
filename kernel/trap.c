#include "trap.h"

#include <stddef.h>

#include "../bench/record.h"
#include "console.h"
#include "csr.h"
#include "hart.h"
#include "panic.h"
#include "stop.h"

_Static_assert(offsetof(struct trap_frame, x[10]) == FRAME_X(10), "trap_entry.S");
_Static_assert(offsetof(struct trap_frame, sepc) == FRAME_SEPC, "trap_entry.S");
_Static_assert(offsetof(struct trap_frame, scause) == FRAME_SCAUSE, "trap_entry.S");
_Static_assert(offsetof(struct trap_frame, stval) == FRAME_STVAL, "trap_entry.S");
_Static_assert(offsetof(struct trap_frame, stack_top) == FRAME_STACK_TOP, "trap_entry.S");

static const struct trap_handler *handlers;
static _Thread_local bool inside;
static _Thread_local bool trying, skipped; /* set by trap_survives() and for it */

void trap_entry(void);
void trap_handle(struct trap_frame *frame);
_Noreturn void trap_nested(void);

void trap_on(const struct trap_handler *table)
{
	handlers = table;
}

void trap_init(struct trap_frame *frame, uintptr_t stack_top)
{
	frame->stack_top = stack_top;
	csr_write(sscratch, (uintptr_t)frame);
	csr_write(stvec, (uintptr_t)trap_entry);
}

bool trap_is_inside(void)
{
	return inside;
}

bool trap_survives(void (*fn)(void))
{
	trying = true;
	skipped = false;
	fn();
	trying = false;
	return !skipped;
}

static void skip(struct trap_frame *frame)
{
	skipped = true;
	frame->sepc += 4;
}

void trap_say_registers(const struct trap_frame *frame)
{
	static const char *const names[32] = {"zero", "ra", "sp",  "gp",  "tp", "t0", "t1", "t2",
					      "s0",   "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
					      "a6",   "a7", "s2",  "s3",  "s4", "s5", "s6", "s7",
					      "s8",   "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

	for (int i = 1; i < 32; i++)
		record_hex(names[i], frame->x[i]);
}

static _Noreturn void fault(const struct trap_frame *frame)
{
	panic_begin();
	record_begin("trap");
	record_u64("hart", this_hart->id);
	record_u64("index", this_hart->index);
	record_hex("scause", frame->scause);
	record_hex("sepc", frame->sepc);
	record_hex("stval", frame->stval);
	trap_say_registers(frame);
	record_end();
	panic("unexpected trap, scause 0x%lx", (unsigned long)frame->scause);
}

/* Returns the table's entry for this trap, or the one at its end, which has no function. */
static const struct trap_handler *handler_of(unsigned long cause)
{
	const struct trap_handler *h = handlers;

	while (h->fn != NULL && h->cause != cause)
		h++;
	return h;
}

void trap_handle(struct trap_frame *frame)
{
	const struct trap_handler *handler = handler_of(frame->scause);

	inside = true;
	if (handler->fn != NULL)
		handler->fn(frame);
	else if (frame->scause == SCAUSE_ILLEGAL && trying)
		skip(frame);
	else
		fault(frame);
	inside = false;
}

void trap_nested(void)
{
	console_panic_text("\ntrap inside the trap handler: stopping the machine\n");
	kernel_stop(true);
}
