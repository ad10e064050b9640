/* spin-mutex: SpinMutex of the Rust crate spin, called from C. */
#ifndef LOCK_SPIN_MUTEX_H
#define LOCK_SPIN_MUTEX_H

#include "peer.h"

/* Zeroed memory is a free lock; tools/peers/spin/src/lib.rs says that the size is right. */
struct spin_mutex_words {
	uint8_t word[1];
};

void peer_spin_mutex_lock(struct spin_mutex_words *);
void peer_spin_mutex_unlock(struct spin_mutex_words *);

static inline void peer_spin_mutex_init(struct spin_mutex_words *l)
{
	*l = (struct spin_mutex_words){0};
}

PEER_PLAIN(spin_mutex, struct spin_mutex_words, peer_spin_mutex_init, peer_spin_mutex_lock,
	   peer_spin_mutex_unlock)

#endif
