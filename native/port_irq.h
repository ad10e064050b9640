/* port_irq.h: bench/port.h's way to keep interrupts off. Threads have none: their alarms are
 * signals, and to block a signal is a system call, whose price is not that of a lock. */
#ifndef PORT_IRQ_H
#define PORT_IRQ_H

enum { PORT_MASKS = 0 };

static inline unsigned long port_irq_save(void)
{
	return 0;
}

static inline void port_irq_restore(unsigned long was)
{
	(void)was;
}

#endif
