/* rust-ttas: ttas by hartlock's Rust crate, called as the peers in Rust are. */
#ifndef LOCK_RUST_TTAS_H
#define LOCK_RUST_TTAS_H

#include "peer.h"

PEER_RUST(rust_ttas, uint32_t, 1)

#endif
