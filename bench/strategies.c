#include "strategy.h"

#define LOCK(name)                                                                         \
	extern const struct strategy plain_##name, full_##name, pool_##name, buddy_##name, \
		cached_pool_##name, replay_##name, duty_##name;                            \
	extern const bool tries_##name;
#define LOCKFREE(name)          extern const struct strategy plain_##name, full_##name;
#define LOCKFREE_ISA(name, ext) LOCKFREE(name)
#define ALIAS(other, name)
#include "../lock/locks.def"
#undef LOCK
#undef LOCKFREE

#define LOCK(name)     &plain_##name,
#define LOCKFREE(name) LOCK(name)
const struct strategy *const strategies[] = {
#include "../lock/locks.def"
};
#undef LOCK

#define LOCK(name) &full_##name,
static const struct strategy *const bump_strategies[] = {
#include "../lock/locks.def"
};
#undef LOCK
#undef LOCKFREE

/* The other variants are for locks alone. */
#define LOCKFREE(name) NULL,

#define LOCK(name)     &pool_##name,
static const struct strategy *const pool_strategies[] = {
#include "../lock/locks.def"
};
#undef LOCK

#define LOCK(name) &buddy_##name,
static const struct strategy *const buddy_strategies[] = {
#include "../lock/locks.def"
};
#undef LOCK

#define LOCK(name) &cached_pool_##name,
static const struct strategy *const cached_pool_strategies[] = {
#include "../lock/locks.def"
};
#undef LOCK

#define LOCK(name) &replay_##name,
const struct strategy *const replay_strategies[] = {
#include "../lock/locks.def"
};
#undef LOCK

#define LOCK(name) &duty_##name,
static const struct strategy *const duty_strategies[] = {
#include "../lock/locks.def"
};
#undef LOCK

#define LOCK(name) &tries_##name,
static const bool *const duty_tries[] = {
#include "../lock/locks.def"
};
#undef LOCK
#undef LOCKFREE_ISA

static const struct strategy *const *const full_strategies[ALLOCATORS] = {
	[ALLOCATOR_BUMP] = bump_strategies,
	[ALLOCATOR_POOL] = pool_strategies,
	[ALLOCATOR_BUDDY] = buddy_strategies,
	[ALLOCATOR_CACHED_POOL] = cached_pool_strategies,
};

const struct strategy *strategy_full(unsigned i, enum allocator allocator)
{
	return full_strategies[allocator][i];
}

bool strategy_tries(unsigned i)
{
	return duty_tries[i] != NULL && *duty_tries[i];
}

const struct strategy *strategy_duty(unsigned i)
{
	return duty_strategies[i];
}

#define LOCK(name)              NULL,
#define LOCKFREE_ISA(name, ext) #ext,
const char *const strategy_needs[] = {
#include "../lock/locks.def"
};

const unsigned strategy_count = sizeof(strategies) / sizeof(*strategies);
