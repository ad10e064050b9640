/* spin-mutex: SpinMutex of the Rust crate spin, called from C. */
#ifndef LOCK_SPIN_MUTEX_H
#define LOCK_SPIN_MUTEX_H

#include "peer.h"

PEER_RUST(spin_mutex, uint8_t, 1)

#endif
