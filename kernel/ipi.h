/* ipi.h: interrupts that one hart sends another, and what they mean.
 *
 * An SBI IPI carries nothing: the same one wakes a hart that sleeps and interrupts one
 * that works. So its meaning stands in a word of the hart it goes to, a bit for each
 * meaning; an IPI without a bit only wakes. Several IPIs of one meaning that come before
 * the hart looks count as one. */
#ifndef KERNEL_IPI_H
#define KERNEL_IPI_H

#include <stdbool.h>

#include "trap_frame.h"

/* A new meaning is one more word here, and a handler. */
enum ipi { IPI_NOISE, IPI_HANG, IPI_SHOT, IPI_MEANINGS };

/* Set what every hart does on an IPI of that meaning, with its interrupts off. `frame` is
 * where the hart was interrupted, or NULL if it slept. Call it before the first such IPI
 * is sent. */
void ipi_handler(enum ipi meaning, void (*fn)(const struct trap_frame *frame));

/* Send an IPI to hart `index`; false: firmware refused. Any hart may call it, in a trap too. */
bool ipi_send(unsigned index, enum ipi meaning);

/* Do what was sent to this hart. `frame` is handed to the handlers. */
void ipi_take(const struct trap_frame *frame);

/* The handler of the software interrupt, for the table of trap_on(). */
void ipi_interrupt(const struct trap_frame *frame);

#endif
