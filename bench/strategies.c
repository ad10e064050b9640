#include "strategy.h"

#define LOCK(name)              extern const struct strategy plain_##name, full_##name;
#define LOCKFREE(name)          LOCK(name)
#define LOCKFREE_ISA(name, ext) LOCK(name)
#define ALIAS(other, name)
#include "../lock/locks.def"
#undef LOCK

#define LOCK(name) &plain_##name,
const struct strategy *const strategies[] = {
#include "../lock/locks.def"
};
#undef LOCK

#define LOCK(name) &full_##name,
const struct strategy *const full_strategies[] = {
#include "../lock/locks.def"
};
#undef LOCK
#undef LOCKFREE_ISA

#define LOCK(name)              NULL,
#define LOCKFREE_ISA(name, ext) #ext,
const char *const strategy_needs[] = {
#include "../lock/locks.def"
};

const unsigned strategy_count = sizeof(strategies) / sizeof(*strategies);
