/* peer.h: what makes a lock of another project one that the bench can run. It comes as Debian
 * installs it; only these adapters are hartlock's. A peer does not say whether it waited, so its
 * acquire returns false, and it does not say how a handler may take it, so none does. */
#ifndef PEER_H
#define PEER_H

#include "port.h"

/* Defines the lock `name` of a peer that keeps nothing for a hart. */
#define PEER_PLAIN(name, type, init_call, lock_call, unlock_call)                          \
	enum { name##_forms = 0, name##_in_traps = LOCK_TRAPS_NEVER };                     \
	struct name##_lock {                                                               \
		type peer;                                                                 \
	};                                                                                 \
	LOCK_KEEPS_NOTHING(name)                                                           \
	static inline void name##_init(struct name##_lock *l)                              \
	{                                                                                  \
		init_call(&l->peer);                                                       \
	}                                                                                  \
	static inline bool name##_acquire(struct name##_lock *l, struct name##_node *node) \
	{                                                                                  \
		(void)node;                                                                \
		lock_call(&l->peer);                                                       \
		return false;                                                              \
	}                                                                                  \
	static inline void name##_release(struct name##_lock *l, struct name##_node *node) \
	{                                                                                  \
		(void)node;                                                                \
		unlock_call(&l->peer);                                                     \
	}

/* Defines the lock `name`, `count` words of `type`, whose functions tools/peers/spin/src/lib.rs
 * has. Zeroed memory is a free one. */
#define PEER_RUST(name, type, count)                                                  \
	struct name##_words {                                                         \
		type word[count];                                                     \
	};                                                                            \
	void peer_##name##_lock(struct name##_words *);                               \
	void peer_##name##_unlock(struct name##_words *);                             \
	static inline void peer_##name##_init(struct name##_words *l)                 \
	{                                                                             \
		*l = (struct name##_words){0};                                        \
	}                                                                             \
	PEER_PLAIN(name, struct name##_words, peer_##name##_init, peer_##name##_lock, \
		   peer_##name##_unlock)

#endif
