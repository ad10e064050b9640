/* line_predictor.h: which line an instruction will access. QEMU tells an address only
 * when the access has been made, but a request that has to queue must not be made
 * before its turn at the line. So each hart predicts that an instruction accesses the
 * line it accessed last. A wrong prediction costs precision, never determinism. */
#ifndef MODEL_LINE_PREDICTOR_H
#define MODEL_LINE_PREDICTOR_H

#include <stdint.h>
#include <string.h>

/* There are more entries than a pass of a strategy has bytes / 2, so that no two of its
 * instructions share one. Otherwise a result would depend on where the linker put them. */
enum { LINE_PREDICTOR_ENTRIES = 4096 };
#define LINE_NONE UINT64_MAX /* no line is known */

struct line_predictor {
	uint64_t pc[LINE_PREDICTOR_ENTRIES], line[LINE_PREDICTOR_ENTRIES]; /* pc 0: unused */
};

static inline void line_predictor_reset(struct line_predictor *g)
{
	memset(g->pc, 0, sizeof(g->pc));
}

static inline uint64_t line_predictor_expect(const struct line_predictor *g, uint64_t pc)
{
	unsigned at = (unsigned)(pc >> 1) % LINE_PREDICTOR_ENTRIES;

	return g->pc[at] == pc ? g->line[at] : LINE_NONE;
}

static inline void line_predictor_learn(struct line_predictor *g, uint64_t pc, uint64_t line)
{
	unsigned at = (unsigned)(pc >> 1) % LINE_PREDICTOR_ENTRIES;

	g->pc[at] = pc;
	g->line[at] = line;
}

#endif
