/* guess.h: which line an instruction will access. QEMU tells an address only when
 * the access has been made, but a request that has to queue must not be made
 * before its turn at the line. So each hart expects an instruction to access the
 * line it accessed last. A wrong guess costs precision, never determinism. */
#ifndef MODEL_GUESS_H
#define MODEL_GUESS_H

#include <stdint.h>
#include <string.h>

/* More than a pass of a strategy has bytes / 2: two of its instructions must not take each
 * other's place, or it would depend on where the linker put them. */
enum { GUESSES = 4096 };
#define GUESS_NONE UINT64_MAX

struct guess {
	uint64_t pc[GUESSES], line[GUESSES]; /* pc 0: no guess */
};

static inline void guess_reset(struct guess *g)
{
	memset(g->pc, 0, sizeof(g->pc));
}

static inline uint64_t guess_line(const struct guess *g, uint64_t pc)
{
	unsigned at = (unsigned)(pc >> 1) % GUESSES;

	return g->pc[at] == pc ? g->line[at] : GUESS_NONE;
}

static inline void guess_learn(struct guess *g, uint64_t pc, uint64_t line)
{
	unsigned at = (unsigned)(pc >> 1) % GUESSES;

	g->pc[at] = pc;
	g->line[at] = line;
}

#endif
