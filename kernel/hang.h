/* hang.h: harts that do not get on are noticed, and asked where they are.
 *
 * While harts work (hart_run()), the boot hart looks at them again and again: by its
 * timer, wherever it is itself. When nobody has done anything for long enough, it
 * sends an IPI to each that has not come back; whoever can be interrupted stops
 * and leaves its registers. All of it goes out as records (docs/reference/records.md, @stuck and
 * @hang), and the kernel gives up.
 *
 * It does not notice what stops the boot hart with its interrupts off: the host does. */
#ifndef KERNEL_HANG_H
#define KERNEL_HANG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "csr.h"

#define HANG_NEVER UINT64_MAX

extern _Atomic bool hang_asked;

/* How long is long enough, in milliseconds, from 1 on. */
void hang_limit(uint64_t ms);

/* Harts 0 .. n - 1 begin to work; all have come back. The boot hart. */
void hang_begin(unsigned n);
void hang_end(void);

/* When the calling hart is to look at the others next, as clock_time(); HANG_NEVER on all
 * but the boot hart, and while nobody works. */
uint64_t hang_next(void);

/* Look, if it is time to. Does not return once harts hang. */
void hang_look(void);

/* In WFI loops, where interrupts are off: take the IPI that asks, in an interrupt. */
static inline void hang_listen(void)
{
	/* relaxed: the IPI that follows is the news. */
	if (__builtin_expect(atomic_load_explicit(&hang_asked, memory_order_relaxed), 0))
		csr_set(sstatus, SSTATUS_SIE);
}

#endif
