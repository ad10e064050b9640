#include "trap.h"

#include <stddef.h>

#include "../bench/record.h"
#include "clock.h"
#include "console.h"
#include "csr.h"
#include "hang.h"
#include "hart.h"
#include "ipi.h"
#include "kernel.h"
#include "panic.h"
#include "sbi.h"

_Static_assert(offsetof(struct trap_frame, x[10]) == FRAME_X(10), "trap_entry.S");
_Static_assert(offsetof(struct trap_frame, sepc) == FRAME_SEPC, "trap_entry.S");
_Static_assert(offsetof(struct trap_frame, scause) == FRAME_SCAUSE, "trap_entry.S");
_Static_assert(offsetof(struct trap_frame, stval) == FRAME_STVAL, "trap_entry.S");
_Static_assert(offsetof(struct trap_frame, stack_top) == FRAME_STACK_TOP, "trap_entry.S");

static _Thread_local void (*alarm_fn)(void *arg);
static _Thread_local void *alarm_arg;
static _Thread_local uint64_t alarm_at = UINT64_MAX; /* UINT64_MAX: none is set */
static _Thread_local bool in_alarm, inside;
static _Thread_local bool trying, skipped; /* trap_survives() */

void trap_entry(void);
void trap_handle(struct trap_frame *frame);
_Noreturn void trap_nested(void);

void trap_init(struct trap_frame *frame, uintptr_t stack_top)
{
	frame->stack_top = stack_top;
	csr_write(sscratch, (uintptr_t)frame);
	csr_write(stvec, (uintptr_t)trap_entry);
}

void trap_rearm(void)
{
	uint64_t look = hang_next(), first = alarm_at < look ? alarm_at : look;

	sbi_set_timer(first);
	if (first != UINT64_MAX)
		csr_set(sie, SIE_STIE);
	else
		csr_clear(sie, SIE_STIE);
}

void trap_alarm(uint64_t time, void (*fn)(void *arg), void *arg)
{
	alarm_at = UINT64_MAX; /* an interrupt in here finds no half of it */
	__asm__ volatile("" ::: "memory");
	alarm_fn = fn;
	alarm_arg = arg;
	__asm__ volatile("" ::: "memory");
	alarm_at = time;
	trap_rearm();
	/* From inside an alarm the return from the trap enables interrupts. */
	if (!in_alarm)
		csr_set(sstatus, SSTATUS_SIE);
}

void trap_timeout(uint64_t time)
{
	alarm_at = time;
	trap_rearm(); /* pending ends WFI; sstatus.SIE is off */
}

void trap_alarm_off(void)
{
	csr_clear(sstatus, SSTATUS_SIE);
	alarm_at = UINT64_MAX;
	trap_rearm();
}

bool trap_inside(void)
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

static void alarm(void)
{
	hang_look();
	if (clock_time() >= alarm_at) {
		alarm_at = UINT64_MAX; /* fn may set the next one */
		in_alarm = true;
		alarm_fn(alarm_arg);
		in_alarm = false;
	}
	trap_rearm();
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

void trap_handle(struct trap_frame *frame)
{
	inside = true;
	switch (frame->scause) {
	case SCAUSE_TIMER:
		alarm();
		break;
	case SCAUSE_SOFTWARE:
		csr_clear(sip, SIE_SSIE);
		ipi_take(frame);
		break;
	case SCAUSE_ILLEGAL:
		if (!trying)
			fault(frame);
		skip(frame);
		break;
	default:
		fault(frame);
	}
	inside = false;
}

void trap_nested(void)
{
	console_panic_text("\ntrap inside the trap handler: stopping the machine\n");
	kernel_stop(true);
}
