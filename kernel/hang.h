/* hang.h: notices harts that do not get on, and asks them where they are.
 *
 * While harts work (work_run()), the boot hart looks at them again and again: by its timer,
 * wherever it is itself. When nobody has done anything for long enough, it sends an IPI to
 * each hart that has not come back; a hart that can be interrupted stops and leaves its
 * registers. All of it goes out as records (docs/reference/records.md, @stuck and @hang), and the
 * kernel gives up.
 *
 * This does not notice what stops the boot hart with its interrupts off: the host does. */
#ifndef KERNEL_HANG_H
#define KERNEL_HANG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "csr.h"

/* Have the harts been asked where they are? */
extern _Atomic bool hang_asked;

/* Set how long is long enough, in milliseconds, from 1 on. */
void hang_limit(uint64_t ms);

/* Harts 0 .. n - 1 begin to work; all have come back. Both are for the boot hart. */
void hang_begin(unsigned n);
void hang_end(void);

/* Look at the others if this hart has to and it is time to. Does not return once harts hang. */
void hang_look(void);

/* For WFI loops, where interrupts are off: if the harts have been asked, let the IPI that
 * asks interrupt this one. */
static inline void hang_listen(void)
{
	/* relaxed: the IPI that follows is the news. */
	if (__builtin_expect(atomic_load_explicit(&hang_asked, memory_order_relaxed), 0))
		csr_set(sstatus, SSTATUS_SIE);
}

#endif
