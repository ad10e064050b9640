/* rust-ttas: ttas by hartlock's Rust crate, called as the peers in Rust are. */
#ifndef LOCK_RUST_TTAS_H
#define LOCK_RUST_TTAS_H

#include "peer.h"

/* Zeroed memory is a free lock; tools/peers/spin/src/lib.rs says that the size is right. */
struct rust_ttas_words {
	uint32_t word[1];
};

void peer_rust_ttas_lock(struct rust_ttas_words *);
void peer_rust_ttas_unlock(struct rust_ttas_words *);

static inline void peer_rust_ttas_init(struct rust_ttas_words *l)
{
	*l = (struct rust_ttas_words){0};
}

PEER_PLAIN(rust_ttas, struct rust_ttas_words, peer_rust_ttas_init, peer_rust_ttas_lock,
	   peer_rust_ttas_unlock)

#endif
