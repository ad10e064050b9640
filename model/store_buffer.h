/* store_buffer.h: a hart's store buffer. Stores leave it in order, one after the other,
 * while the hart goes on. That makes `fence rw, w` free in front of a release, and the
 * release late. All times are ticks. */
#ifndef MODEL_STORE_BUFFER_H
#define MODEL_STORE_BUFFER_H

#include <stdint.h>

enum { STORE_BUFFER_MOST = 64 };

struct store_buffer {
	unsigned room;                    /* entries; 0: the hart waits for every store */
	unsigned at;                      /* the entry that the next store takes */
	uint64_t done[STORE_BUFFER_MOST]; /* when the entry's last store had its line */
	uint64_t drained;                 /* when the latest store of all had its line */
};

void store_buffer_reset(struct store_buffer *s, unsigned room);

/* Returns when a store issued at `now` finds an entry free. */
uint64_t store_buffer_admit(const struct store_buffer *s, uint64_t now);

/* Returns when a store admitted at `now` asks for its line: not before the stores ahead of
 * it have theirs. */
uint64_t store_buffer_request(const struct store_buffer *s, uint64_t now);

/* Note that the store had its line at `done`. */
void store_buffer_put(struct store_buffer *s, uint64_t done);

#endif
