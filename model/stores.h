/* stores.h: a hart's store buffer. Stores leave it in order, one after the other,
 * while the hart goes on; that is what makes `fence rw, w` free in front of a
 * release, and the release late. */
#ifndef MODEL_STORES_H
#define MODEL_STORES_H

#include <stdint.h>

enum { STORES_MOST = 64 };

struct stores {
	unsigned room;              /* entries; 0: the hart waits for every store */
	unsigned at;                /* the entry that the next store takes */
	uint64_t done[STORES_MOST]; /* when the entry's last store had its line */
	uint64_t drained;           /* when the last store of all had */
};

void stores_reset(struct stores *s, unsigned room);

/* When a store issued at `now` finds an entry free. */
uint64_t stores_admit(const struct stores *s, uint64_t now);

/* When it asks for its line: not before the stores ahead of it have theirs. */
uint64_t stores_request(const struct stores *s, uint64_t now);

/* It had its line at `done`. */
void stores_put(struct stores *s, uint64_t done);

#endif
