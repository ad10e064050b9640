/* coherence_state.h: what the memory system knows: who has which line, and until when
 * lines and banks are busy. */
#ifndef MODEL_COHERENCE_STATE_H
#define MODEL_COHERENCE_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "../kernel/mailbox.h"
#include "directory.h"
#include "l1.h"
#include "profile.h"

enum { COHERENCE_HARTS = 64, COHERENCE_BANKS = 256, LINE_BYTES = 64 };

/* A line that a hart's LR keeps, so that its SC succeeds: requests of other harts
 * wait. The hold ends with the SC, with the hart's next store or AMO (LR and SC do not
 * belong to one loop then), when the hart pauses or stalls, or after lr_hold cycles.
 * Rocket and XiangShan delay probes in this way, for their `lrscCycles`. */
struct hold {
	bool active;
	uint64_t line, until;
};

struct coherence {
	const struct profile *profile;
	uint64_t placement; /* decides which bank a line belongs to; any value */
	struct directory directory;
	struct l1 l1[COHERENCE_HARTS];
	struct hold hold[COHERENCE_HARTS];
	uint64_t bank_free[COHERENCE_BANKS];
	uint64_t count[MAILBOX_COUNTS]; /* COUNT_QUEUED in ticks */
};

#endif
