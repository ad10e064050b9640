/* model.h: the kernel under the cost model of model/, when it runs there. Without
 * it nothing here does anything: the markers are HINTs, the mailbox is zero. */
#ifndef KERNEL_MODEL_H
#define KERNEL_MODEL_H

#include <stdbool.h>

#include "mailbox.h"

#define MODEL_MARK(which) __asm__ volatile("slti x0, x0, %0" ::"i"(which) : "memory")

/* Tell the model, if there is one, where the mailbox is. The boot hart calls it once,
 * while it is alone. */
void model_init(void);

static inline bool model_here(void)
{
	return model_mailbox.magic == MAILBOX_MAGIC;
}

#endif
