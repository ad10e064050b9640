/* replay.h: the sections of a lock that was observed in somebody's image, one after the other,
 * which the replay variant of a worker does again (variant_replay.h). A class is harts that used
 * the lock alike. Its steps are in the order in which they were observed, so that bursts stay
 * bursts.
 *
 * The table is as the plan brings it, less what an operation of the bench does anyway. */
#ifndef BENCH_REPLAY_H
#define BENCH_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hart_stats.h"
#include "port.h"

enum {
	REPLAY_CLASSES = 16,
	REPLAY_STEPS = 4096,
	REPLAY_LINES = 64, /* that all harts share, and that a section writes or reads */
	REPLAY_OWN = 32,   /* lines of each hart alone */
};

/* An operation does this without a step: instructions outside and inside of its section, those of
 * each line, and lines. tests/boot/test_replay.py observes the replay, and finds the step again. */
enum {
	REPLAY_OUTSIDE = 28,
	REPLAY_INSIDE = 45,
	REPLAY_WRITE = 5,
	REPLAY_READ = 3,
	REPLAY_WRITE_OWN = 5,
	REPLAY_WRITTEN_ANYWAY = 1, /* the heap's */
	REPLAY_OWN_ANYWAY = 1,     /* the step's */
};

/* A section: how long its hart does something else before it, how long it lasts, and the lines it
 * touches. */
struct replay_step {
	uint32_t gap, hold; /* instructions */
	uint16_t written, read, own;
	uint16_t before; /* lines that it reads, of `read`, that lie before those that it writes */
};

struct replay_line {
	_Alignas(LINE) aptr word;
};
extern struct replay_line replay_lines[REPLAY_LINES];
extern struct replay_line replay_own[PORT_MAX_HARTS][REPLAY_OWN];

/* The steps [from, end) of a hart, and the one at which it begins. */
struct replay_part {
	const struct replay_step *from, *end, *at;
};

/* Empty the table; add a class that so many observed harts were of, or a step of the last class.
 * They return false for what does not fit. */
void replay_clear(void);
bool replay_add_class(uint64_t harts);
bool replay_add_step(const struct replay_step *observed);

/* Is there a table? */
bool replay_given(void);

/* Say how many harts take part in the next pass. */
void replay_prepare(unsigned harts);

/* Returns the part of a hart: of the class that it stands for among the harts that were observed,
 * from a step on that `random` draws. The caller guarantees: replay_given(). */
struct replay_part replay_part(unsigned index, uint64_t random);

#endif
