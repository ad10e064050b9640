/* store_buffer.h: a hart's store buffer. Stores leave it in order, one after the other
 * or a few at once, while the hart goes on. That makes `fence rw, w` free in front of a release,
 * and the release late. All times are ticks. */
#ifndef MODEL_STORE_BUFFER_H
#define MODEL_STORE_BUFFER_H

#include <stdint.h>

enum { STORE_BUFFER_MOST = 64 };

struct store_buffer {
	unsigned room;                    /* entries; 0: the hart waits for every store */
	unsigned at;                      /* the entry that the next store takes */
	uint64_t done[STORE_BUFFER_MOST]; /* when the entry's last store had its line */
	uint64_t of[STORE_BUFFER_MOST];   /* the number of that line */
	unsigned most;                    /* stores that wait for their lines at once */
	unsigned next;                    /* the place in `line` that the next store takes */
	uint64_t line[STORE_BUFFER_MOST]; /* when the last `most` stores had their lines */
	uint64_t drained;                 /* when all stores had their lines */
	uint64_t fenced;                  /* when those before the latest fence had */
};

/* `room` and `most` are at most STORE_BUFFER_MOST; `most` is at least 1. */
void store_buffer_reset(struct store_buffer *s, unsigned room, unsigned most);

/* Returns when a store issued at `now` finds an entry free. */
uint64_t store_buffer_admit(const struct store_buffer *s, uint64_t now);

/* Returns when a store admitted at `now` asks for its line: all but `most` - 1 of the stores ahead
 * of it have theirs then, and all ahead of a fence. */
uint64_t store_buffer_request(const struct store_buffer *s, uint64_t now);

/* Returns when the buffer is empty. */
uint64_t store_buffer_empty(const struct store_buffer *s, uint64_t now);

/* Note a fence: later stores ask for their lines when earlier ones have theirs. */
void store_buffer_fence(struct store_buffer *s);

/* Returns when the stores to `line` had that line. */
uint64_t store_buffer_has_line(const struct store_buffer *s, uint64_t line, uint64_t now);

/* Note that the store had its line, of number `line`, at `done`. */
void store_buffer_put(struct store_buffer *s, uint64_t line, uint64_t done);

#endif
