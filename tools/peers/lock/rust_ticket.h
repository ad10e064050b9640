/* rust-ticket: ticket by hartlock's Rust crate, called as the peers in Rust are. */
#ifndef LOCK_RUST_TICKET_H
#define LOCK_RUST_TICKET_H

#include "peer.h"

PEER_RUST(rust_ticket, uint32_t, 2)

#endif
