/* worker.c: the loops that are timed, compiled once for each strategy with
 *
 *   -DSTRATEGY=name                        the word of lock/locks.def
 *   -DSTRATEGY_NAME='"name"'               that word for people: hyphens, no underscores
 *   -DSTRATEGY_HEADER='"../lock/name.h"'   its header
 *   -DSECTION_HEADER='"section_lock.h"'    how an allocation goes under it
 *   -DVARIANT_HEADER='"variant_plain.h"'   the section's additional work: variant.h
 *
 * so that everything inside is inlined and nothing is called through a pointer.
 * `make asm LOCK=name` shows what comes out. */
#include "../lock/port.h"
#include "audit.h"
#include "delay.h"
#include "exhaust.h"
#include "fairness.h"
#include "port.h"
#include "strategy.h"
#include "window.h"
#include STRATEGY_HEADER

#define JOIN_(a, b) a##_##b
#define JOIN(a, b)  JOIN_(a, b)
#define NAME(part)  JOIN(STRATEGY, part)

/* Clock reads of one operation: cycles of its hart. */
struct marks {
	uint64_t call, owner, done;
	uint64_t failed;
	bool waited;
};

#include VARIANT_HEADER
#include SECTION_HEADER

/* Notes for the audit what an operation gave; a section whose operations free, too, has its own. */
#ifndef MARK
#define MARK audit_mark
#endif

#ifdef LOCK_RELAX_NEEDS
#define RELAX_NEEDS (FORMS & LOCK_WATCHES ? LOCK_RELAX_NEEDS : NULL)
#else
#define RELAX_NEEDS NULL
#endif

static inline void count(struct hart_stats *me, uint64_t ops)
{
	/* relaxed: it is a counter that is only read at the window's ends. */
	aptr_store_relaxed(&me->ops, ops);
}

/* Each pass works on a copy of its workload, which the compiler may keep in
 * registers: no other hart's line is read for it. */

static VARIANT_LOOP void throughput(const struct workload *given, struct hart_stats *me)
{
	const struct workload work = *given;
	struct own *mine = &own[me->index];
	uint64_t random = me->random, ops = 0;

	while (window_phase() != STOP) {
		if (section(&work, mine, NULL, NULL) == NULL) {
			window_close(ENDED_HEAP);
			break;
		}
		count(me, ++ops);
		think(work.think, work.think_range, &random);
	}
}

static VARIANT_LOOP void latency(const struct workload *given, struct hart_stats *me)
{
	const struct workload work = *given;
	struct own *mine = &own[me->index];
	uint64_t random = me->random, ops = 0;
	enum phase phase;

	while ((phase = window_phase()) != STOP) {
		struct latency *to = &me->latency[phase == MEASURE];
		struct marks marks;

		if (section(&work, mine, &marks, NULL) == NULL) {
			window_close(ENDED_HEAP);
			break;
		}
		count(me, ++ops);
		section_record(to, &marks);
		hook_record(&work, &mine->hooks, to);
		to->waited += marks.waited;
		to->failed += marks.failed;
		think(work.think, work.think_range, &random);
	}
}

static VARIANT_LOOP void audit(const struct workload *given, struct hart_stats *me)
{
	const struct workload work = *given;
	struct own *mine = &own[me->index];
	uint64_t random = me->random, ops = 0;

	while (window_phase() != STOP) {
		void *block = section(&work, mine, NULL, NULL);

		if (block == NULL) {
			window_close(ENDED_HEAP);
			break;
		}
		count(me, ++ops);
		MARK(me, block, hook_size(&work, &mine->hooks), work.align);
		think(work.think, work.think_range, &random);
	}
}

static VARIANT_LOOP void grants(const struct workload *given, struct hart_stats *me)
{
	const struct workload work = *given;
	struct own *mine = &own[me->index];
	uint64_t random = me->random, ops = 0;

	while (window_phase() != STOP) {
		struct grant grant;
		void *block = section(&work, mine, NULL, &grant);

		if (!fairness_keep(&me->grants, &grant))
			window_close(ENDED_LOG);
		if (block == NULL) {
			window_close(ENDED_HEAP);
			break;
		}
		count(me, ++ops);
		think(work.think, work.think_range, &random);
	}
}

static struct view node_view(unsigned hart)
{
	return (struct view){&own[hart].node, sizeof(own[hart].node)};
}

#if VARIANT_FULL
static VARIANT_LOOP void exhaust(const struct workload *given, struct hart_stats *me)
{
	const struct workload work = *given;
	struct own *mine = &own[me->index];
	uint64_t random = me->random, ops = 0;
	unsigned refused = 0;

	while (window_phase() != STOP && refused < EXHAUST_REFUSALS) {
		void *block = section(&work, mine, NULL, NULL);

		if (block == NULL) {
			refused++;
			continue;
		}
		count(me, ++ops);
		MARK(me, block, hook_size(&work, &mine->hooks), work.align);
		think(work.think, work.think_range, &random);
	}
	me->refused += refused;
}
#endif

#if VARIANT_STARTS
static void start(const struct workload *work, struct hart_stats *me)
{
	hook_start(work, &own[me->index].hooks, me);
}

static void stop(const struct workload *work, struct hart_stats *me)
{
	hook_stop(work, &own[me->index].hooks, me);
}
#endif

const struct strategy JOIN(VARIANT, STRATEGY) = {
	.name = STRATEGY_NAME,
	.variant = VARIANT_NAME,
	.relax = FORMS & LOCK_WATCHES ? LOCK_RELAX_NAME
	       : FORMS & LOCK_BLIND   ? LOCK_BLIND_NAME
				      : FORM_NONE,
	.unlock = FORMS & LOCK_STORES ? LOCK_UNLOCK_NAME : FORM_NONE,
	.relax_needs = RELAX_NEEDS,
	.init = init,
	.used = used,
	.waste = waste,
	.shared = shared_view,
	.node = node_view,
#ifdef MANY
	.places = places,
#endif
	.order = section_order,
#if VARIANT_STARTS
	.start = start,
	.stop = stop,
#endif
#if VARIANT_FULL
	.worker = {throughput, latency, audit, grants, exhaust},
#else
	.worker = {throughput, latency, audit, grants},
#endif
};

#ifdef MANY
const size_t JOIN(lock_bytes, STRATEGY) = sizeof(struct NAME(lock));
#endif

#ifdef DUTY
#ifdef TRIES
const bool JOIN(tries, STRATEGY) = true;
#else
const bool JOIN(tries, STRATEGY) = FORMS == 0; /* nobody waits */
#endif
const bool JOIN(handled, STRATEGY) = (enum lock_traps)NAME(in_traps) != LOCK_TRAPS_NEVER;
#endif
