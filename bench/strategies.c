#include "strategy.h"

/* worker.c makes these: the variants of a strategy, and for a lock those that locks alone have. */
#define LOCKFREE(name)          extern const struct strategy plain_##name, full_##name;
#define LOCKFREE_ISA(name, ext) LOCKFREE(name)
#define LOCKFREE_POOL(name)     extern const struct strategy pool_##name;
#define LOCK(name)                                                                                 \
	LOCKFREE(name)                                                                             \
	extern const struct strategy pool_##name, buddy_##name, cached_pool_##name, replay_##name, \
		duty_##name, many_##name;                                                          \
	extern const bool tries_##name, handled_##name;                                            \
	extern const size_t lock_bytes_##name;
#define ALIAS(other, name)
#include "../lock/locks.def"
#undef LOCK
#undef LOCKFREE
#undef LOCKFREE_ISA
#undef LOCKFREE_POOL

#define LOCK(name)                                                \
	{.plain = &plain_##name,                                  \
	 .full = {[ALLOCATOR_BUMP] = &full_##name,                \
		  [ALLOCATOR_POOL] = &pool_##name,                \
		  [ALLOCATOR_BUDDY] = &buddy_##name,              \
		  [ALLOCATOR_CACHED_POOL] = &cached_pool_##name}, \
	 .replay = &replay_##name,                                \
	 .duty = &duty_##name,                                    \
	 .many = &many_##name,                                    \
	 .lock_bytes = &lock_bytes_##name,                        \
	 .tries = &tries_##name,                                  \
	 .handled = &handled_##name},
#define LOCKFREE(name) {.plain = &plain_##name, .full = {[ALLOCATOR_BUMP] = &full_##name}},
#define LOCKFREE_ISA(name, ext) \
	{.plain = &plain_##name, .full = {[ALLOCATOR_BUMP] = &full_##name}, .needs = #ext},
#define LOCKFREE_POOL(name) {.full = {[ALLOCATOR_POOL] = &pool_##name}},
const struct variants strategies[] = {
#include "../lock/locks.def"
};

const unsigned strategy_count = sizeof(strategies) / sizeof(*strategies);
