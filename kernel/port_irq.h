/* port_irq.h: bench/port.h's way to keep interrupts off this hart, as a
 * hypervisor's spin_lock_irqsave() does it. */
#ifndef PORT_IRQ_H
#define PORT_IRQ_H

#include "csr.h"

enum { PORT_MASKS = 1 }; /* port_irq_save() does what it says */

/* Switch interrupts off. Returns the word that port_irq_restore() needs. */
static inline unsigned long port_irq_save(void)
{
	unsigned long was;

	__asm__ volatile("csrrci %0, sstatus, %1" : "=r"(was) : "K"(SSTATUS_SIE) : "memory");
	return was;
}

static inline void port_irq_restore(unsigned long was)
{
	__asm__ volatile("csrs sstatus, %0" ::"rK"(was & SSTATUS_SIE) : "memory");
}

#endif
