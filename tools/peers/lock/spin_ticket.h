/* spin-ticket: TicketMutex of the Rust crate spin, called from C. */
#ifndef LOCK_SPIN_TICKET_H
#define LOCK_SPIN_TICKET_H

#include "peer.h"

/* Zeroed memory is a free lock; tools/peers/spin/src/lib.rs says that the size is right. */
struct spin_ticket_words {
	uintptr_t word[2];
};

void peer_spin_ticket_lock(struct spin_ticket_words *);
void peer_spin_ticket_unlock(struct spin_ticket_words *);

static inline void peer_spin_ticket_init(struct spin_ticket_words *l)
{
	*l = (struct spin_ticket_words){0};
}

PEER_PLAIN(spin_ticket, struct spin_ticket_words, peer_spin_ticket_init, peer_spin_ticket_lock,
	   peer_spin_ticket_unlock)

#endif
