/* ipi.h: interrupts that one hart sends another, and what they mean.
 *
 * An SBI IPI carries nothing: the same one wakes a hart that sleeps and interrupts one
 * that works. What it is for stands in a word of the hart it goes to, a bit for each
 * meaning; one without a bit only wakes. Several of a meaning before the hart looks are
 * one. */
#ifndef KERNEL_IPI_H
#define KERNEL_IPI_H

#include <stdbool.h>

#include "trap.h"

/* Another meaning is another word here, and a handler. */
enum ipi { IPI_NOISE, IPI_HANG, IPI_MEANINGS };

/* What a hart does for it, with its interrupts off. `frame`: where it was interrupted,
 * or NULL: it slept. For all harts, before the first is sent. */
void ipi_handler(enum ipi meaning, void (*fn)(const struct trap_frame *frame));

/* Send one to hart `index`; false: firmware refused. From any hart, traps too. */
bool ipi_send(unsigned index, enum ipi meaning);

/* Do what was sent to this hart: for trap.c, and for hart_idle(). */
void ipi_take(const struct trap_frame *frame);

#endif
