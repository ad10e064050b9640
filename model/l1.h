/* l1.h: which lines a hart's private cache holds: sets x ways; the least recently used
 * line leaves first. The directory keeps states and owners. */
#ifndef MODEL_L1_H
#define MODEL_L1_H

#include <stdbool.h>
#include <stdint.h>

#define L1_NONE UINT64_MAX /* no line */

struct l1 {
	unsigned sets, ways;
	uint64_t *line; /* [sets][ways], most recently used first; L1_NONE at the end */
};

/* Set an empty cache up. Returns false when there is not enough memory. */
bool l1_init(struct l1 *cache, unsigned sets, unsigned ways);
void l1_clear(struct l1 *cache);
void l1_free(struct l1 *cache);

/* Note that `line` has been used. The caller guarantees: it is in the cache. */
void l1_touch(struct l1 *cache, uint64_t line);

/* Put `line` in. Returns the line that had to go, or L1_NONE. The caller guarantees: `line`
 * is not in the cache. */
uint64_t l1_insert(struct l1 *cache, uint64_t line);

/* Take `line` out, if it is there. */
void l1_remove(struct l1 *cache, uint64_t line);

#endif
