/* rust-ticket: ticket by hartlock's Rust crate, called as the peers in Rust are. */
#ifndef LOCK_RUST_TICKET_H
#define LOCK_RUST_TICKET_H

#include "peer.h"

/* Zeroed memory is a free lock; tools/peers/spin/src/lib.rs says that the size is right. */
struct rust_ticket_words {
	uint32_t word[2];
};

void peer_rust_ticket_lock(struct rust_ticket_words *);
void peer_rust_ticket_unlock(struct rust_ticket_words *);

static inline void peer_rust_ticket_init(struct rust_ticket_words *l)
{
	*l = (struct rust_ticket_words){0};
}

PEER_PLAIN(rust_ticket, struct rust_ticket_words, peer_rust_ticket_init, peer_rust_ticket_lock,
	   peer_rust_ticket_unlock)

#endif
