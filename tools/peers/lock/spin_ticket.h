/* spin-ticket: TicketMutex of the Rust crate spin, called from C. */
#ifndef LOCK_SPIN_TICKET_H
#define LOCK_SPIN_TICKET_H

#include "peer.h"

PEER_RUST(spin_ticket, uintptr_t, 2)

#endif
