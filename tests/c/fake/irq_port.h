/* irq_port.h: a LOCK_PORT for tests/c/irqsave.c, whose threads only play that they mask. */
#ifndef FAKE_IRQ_PORT_H
#define FAKE_IRQ_PORT_H

extern _Thread_local unsigned long interrupts_on;

void relax(void);
void irq_restore(unsigned long was);

static inline unsigned long irq_save(void)
{
	unsigned long was = interrupts_on;

	interrupts_on = 0;
	return was;
}

#define LOCK_RELAX()          relax()
#define LOCK_IRQ_SAVE()       irq_save()
#define LOCK_IRQ_RESTORE(was) irq_restore(was)

#endif
