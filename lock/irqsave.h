/* irqsave.h: a lock that is held with interrupts off, and waited for with interrupts on.
 *
 * LOCK_IRQSAVE(mcs) defines, for a lock that has a trylock,
 *
 *   bool mcs_acquire_irqsave(struct mcs_lock *, struct mcs_node *, unsigned long *was);
 *                        true: it waited. Interrupts are off now, and were *was
 *   void mcs_release_irqrestore(struct mcs_lock *, struct mcs_node *, unsigned long was);
 *
 * LOCK_PORT defines, as your kernel has it,
 *
 *   LOCK_IRQ_SAVE()        switches the hart's interrupts off; its value is what they were
 *   LOCK_IRQ_RESTORE(was)  makes them what they were
 *
 * A hart switches its interrupts off, tries, and if it fails switches them on again while it
 * waits: a holder that waits for the answer to an IPI gets it. The price is the lock's order:
 * nobody queues, so that a hart may starve, whatever the lock. A FIFO lock keeps its order
 * with NAME_acquire(), and LOCK_POLL() to answer by.
 */
#ifndef LOCK_IRQSAVE_H
#define LOCK_IRQSAVE_H

#include "port.h"

#define LOCK_IRQSAVE(name)                                                                         \
	static inline bool name##_acquire_irqsave(struct name##_lock *l, struct name##_node *node, \
						  unsigned long *was)                              \
	{                                                                                          \
		bool waited = false;                                                               \
                                                                                                   \
		for (;;) {                                                                         \
			*was = LOCK_IRQ_SAVE();                                                    \
			if (name##_trylock(l, node))                                               \
				return waited;                                                     \
			waited = true;                                                             \
			LOCK_IRQ_RESTORE(*was);                                                    \
			/* It looks without an LR, so that there is nothing to stall on. */        \
			while (name##_is_locked(l))                                                \
				LOCK_WAIT_BLIND();                                                 \
		}                                                                                  \
	}                                                                                          \
	static inline void name##_release_irqrestore(struct name##_lock *l,                        \
						     struct name##_node *node, unsigned long was)  \
	{                                                                                          \
		name##_release(l, node);                                                           \
		LOCK_IRQ_RESTORE(was);                                                             \
	}

#endif
