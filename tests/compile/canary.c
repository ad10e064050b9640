/* canary.c: every lock around stores and loads that a compiler would like to merge or to move.
 *
 * It is built with -DSTRATEGIES='LOCK(ticket) LOCK(mcs)'. For each lock it has NAME_ready(), which
 * a test executes first, NAME_canary(), and NAME_take() and NAME_give(), whose orders the test
 * counts. Headers come in by -include. */
#include <stdint.h>

#define KEPT __attribute__((used, noinline, externally_visible))

/* Every lock protects these. */
struct words {
	uint64_t value, copy;
};

extern struct words words;
__attribute__((used)) struct words words;

/* The first store and the last are outside of the section. Without a barrier in the lock, the
 * stores to `value` become one, and `copy` is known without a load. */
#define LOCK(name)                                                                  \
	static struct name##_lock name##_lock;                                      \
	static struct name##_space name##_space;                                    \
	static struct name##_node name##_node;                                      \
                                                                                    \
	KEPT void name##_ready(void)                                                \
	{                                                                           \
		name##_init(&name##_lock);                                          \
		name##_join(&name##_node, &name##_space, (struct lock_hart){0, 0}); \
	}                                                                           \
                                                                                    \
	KEPT uint64_t name##_canary(uint64_t given)                                 \
	{                                                                           \
		words.value = given;                                                \
		(void)name##_acquire(&name##_lock, &name##_node);                   \
		words.copy = words.value;                                           \
		words.value = given + 1;                                            \
		name##_release(&name##_lock, &name##_node);                         \
		words.value = 7;                                                    \
		return words.copy;                                                  \
	}                                                                           \
                                                                                    \
	KEPT void name##_take(void)                                                 \
	{                                                                           \
		(void)name##_acquire(&name##_lock, &name##_node);                   \
	}                                                                           \
                                                                                    \
	KEPT void name##_give(void)                                                 \
	{                                                                           \
		name##_release(&name##_lock, &name##_node);                         \
	}

STRATEGIES
