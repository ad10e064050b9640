/* coherence.h: the memory system. Every hart has an L1 of 64-byte lines; a
 * directory in banks keeps them coherent (MESI, or MOESI by profile) and works
 * on one request to a line at a time, so that requests to one line queue.
 *
 * Calls come in the order in which accesses happen. Times are ticks. Nothing here
 * waits or executes: a call only returns when its access is done. */
#ifndef MODEL_COHERENCE_H
#define MODEL_COHERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "coherence_state.h"

/* ACCESS_LOST_SC: an SC that has asked for its line and fails, because it was taken meanwhile. */
enum access { ACCESS_LOAD, ACCESS_STORE, ACCESS_AMO, ACCESS_LR, ACCESS_SC, ACCESS_LOST_SC };

struct outcome {
	uint64_t done; /* when the hart goes on */
	uint64_t lost; /* harts (bits) that had a copy of the line and have none now */
	bool hit;      /* its own L1 was enough */
};

/* Set the memory system up. Returns false when there is not enough memory. The profile
 * must outlive it. */
bool coherence_init(struct coherence *c, const struct profile *profile, uint64_t placement);

/* Make the caches cold (no line is anywhere), and the counts 0. */
void coherence_reset(struct coherence *c);
void coherence_free(struct coherence *c);

/* Make an access that hart `hart` issued at `now`, and that takes `own` ticks on a line of its own.
 * Returns when it is done, and more. */
struct outcome coherence_access(struct coherence *c, unsigned hart, enum access kind,
				uint64_t address, uint64_t own, uint64_t now);

/* Returns when an access that is issued at `now` takes effect: a hit at once, a miss when
 * the directory comes to it and the request has reached the harts that have the
 * line. Until then those harts still use the line. */
uint64_t coherence_effect(struct coherence *c, unsigned hart, enum access kind, uint64_t number,
			  uint64_t now);

/* Charge an SC that failed at `now`: it touched no line. Returns when the hart goes on. */
uint64_t coherence_sc_failed(struct coherence *c, unsigned hart, uint64_t now);

/* Does the hart's LR keep a line at `now`? */
bool coherence_holds(const struct coherence *c, unsigned hart, uint64_t now);

/* Let an LR whose line was there at `done` keep it for `ticks` more, in which the LR is not over
 * yet: else an SC would come too late wherever .aq takes longer than a line is kept. */
void coherence_keep_longer(struct coherence *c, unsigned hart, uint64_t done, uint64_t ticks);

/* Let go of the line that the hart's LR keeps, if it keeps one. */
void coherence_let_go(struct coherence *c, unsigned hart, uint64_t now);

/* Let a device write to the line of `address`. Returns the harts that lost their copy. */
uint64_t coherence_device_write(struct coherence *c, uint64_t address);

/* Returns the line as it is now, for whoever wants to tell about it. */
struct line coherence_line(struct coherence *c, uint64_t number);

/* Does the hart have a copy of line `number`? */
bool coherence_has(struct coherence *c, unsigned hart, uint64_t number);

#endif
