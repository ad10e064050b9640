/* variant_replay.h: the hooks of the replay variant: each operation is the next step of a table
 * that was observed (replay.h). Between the acquire and the release are loads of the hart's own
 * line, the lines that the step names, and the delay; nothing else that the plain variant has not.
 */
#ifndef BENCH_VARIANT_HOOKS_H
#define BENCH_VARIANT_HOOKS_H

#include "delay.h"
#include "replay.h"
#include "variant.h"
#include "variant_bare.h"
#include "variant_irq.h"

#define VARIANT_FULL   0
#define VARIANT_STARTS 1
#define VARIANT        replay
#define VARIANT_NAME   "replay"
#define VARIANT_LOOP

/* The data that the hooks of one hart keep. */
struct hooks {
	struct replay_step step; /* the step of the operation under way */
	struct replay_part part;
	struct replay_line *own;
};

/* Called by the hart before its worker. */
static inline void hook_start(const struct workload *work, struct hooks *h, struct hart_stats *me)
{
	(void)work;
	h->part = replay_part(me->index, me->random);
	h->own = replay_own[me->index];
}

static inline void hook_stop(const struct workload *work, struct hooks *h, struct hart_stats *me)
{
	(void)work;
	(void)h;
	(void)me;
}

/* Called before the operation: draws its step, and lets the gap before it pass. */
static inline void hook_ready(const struct workload *work, struct hooks *h)
{
	const struct replay_step *at = h->part.at;

	(void)work;
	h->step = *at;
	h->part.at = at + 1 == h->part.end ? h->part.from : at + 1;
	delay(h->step.gap);
}

/* relaxed: under a lock the lines are the holder's alone, and nobody looks at their counts. */
static inline void hook_count(struct replay_line *line, unsigned lines)
{
	for (const struct replay_line *end = line + lines; line != end; line++)
		aptr_store_relaxed(&line->word, aptr_load_relaxed(&line->word) + 1);
}

static inline void hook_read(struct replay_line *line, unsigned lines)
{
	for (const struct replay_line *end = line + lines; line != end; line++)
		(void)aptr_load_relaxed(&line->word); /* relaxed: see hook_count() */
}

static inline void hook_touch(const struct workload *work, struct hooks *h)
{
	unsigned before = h->step.before, written = h->step.written;

	(void)work;
	hook_read(replay_lines, before);
	hook_count(replay_lines + before, written);
	hook_read(replay_lines + before + written, h->step.read - before);
	hook_count(h->own, h->step.own);
}

static inline uint32_t hook_hold(const struct workload *work, const struct hooks *h)
{
	(void)work;
	return h->step.hold;
}

#endif
