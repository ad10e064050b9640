/* mailbox.h: the kernel's mailbox (kernel/mailbox.h), as the machine reads and fills it. */
#ifndef MACHINE_MAILBOX_H
#define MACHINE_MAILBOX_H

#include "machine.h"

/* Returns where the kernel's `bytes` at `address` are kept. Ends the machine if the kernel
 * has named an address where there is no memory. */
void *mailbox_guest(const struct machine *m, uint64_t address, uint64_t bytes);

/* Returns the mailbox, which has been found. */
struct mailbox *mailbox_of(const struct machine *m);

/* The kernel's mailbox is at that address: the machine fills it in. */
void mailbox_found(struct machine *m, uint64_t address);

/* Is that address in the mailbox? What is read there costs nothing. */
static inline bool mailbox_has(const struct machine *m, uint64_t address)
{
	return m->mailbox != 0 && address - m->mailbox < sizeof(struct mailbox);
}

/* Tells the kernel what the memory system did since the first sample. */
void mailbox_report_counts(struct machine *m);

#endif
