/* load_full.h: sizes that vary, lines touched, arrivals, interrupts, harts that come and
 * go: load.h. */
#ifndef BENCH_LOAD_HOOKS_H
#define BENCH_LOAD_HOOKS_H

#include "arrival.h"
#include "beat.h"
#include "churn.h"
#include "load.h"
#include "poke.h"
#include "port.h"
#include "port_irq.h"
#include "sizes.h"
#include "window.h"

#define LOAD_FULL  1
#define LOAD_TABLE loaded
/* Every strategy is inlined whole here, too; the larger ones would not be. */
#define LOAD_LOOP __attribute__((flatten))

/* A hart's own. */
struct load {
	uint64_t random; /* state of its generator, never 0 */
	size_t size;     /* of the block it asks for */
	uint64_t bytes;  /* of the blocks it got */
	uint64_t due;    /* ticks: when its operation was to begin; 0: at no set time */
	struct arrivals arrivals;
	beat_flag inside; /* it is in the section: for an interrupt to see */
	struct slot *me;
};

/* By the hart, before its worker. */
static inline void load_start(const struct workload *work, struct load *l, struct slot *me)
{
	*l = (struct load){.random = me->random, .size = work->size, .me = me};
	if (work->rate != 0)
		l->arrivals = arrivals_from(port_time(), work->rate, port_time_hz());
	if (work->interrupt_us != 0)
		beat_start(me, work, &l->inside);
	if (work->ipi_us != 0)
		poke_start(me, work, &l->inside);
}

/* And behind it. */
static inline void load_stop(const struct workload *work, struct load *l, struct slot *me)
{
	uint64_t now = port_time(), due = now;

	me->bytes = l->bytes;
	if (work->rate != 0)
		due = arrival_next(&l->arrivals, &l->random);
	me->behind = now > due ? now - due : 0;
	if (work->churn_us != 0)
		churn_done(me->index);
}

/* Until `due`, or the window's end: then true. */
static inline bool load_wait(uint64_t due)
{
	enum { MOST = 1 << 16 };

	for (;;) {
		uint64_t now = port_time();

		if (now >= due)
			return false;
		if (window_phase() == STOP)
			return true;
		/* A part of what is left, if an instruction took a tick: a look
		 * at the clock is an access to memory, too. */
		delay(due - now < MOST ? (uint32_t)(due - now) / 4 : MOST / 4);
	}
}

/* Until the next operation is due. Not inlined: it would take registers from those
 * who have no schedule, and it is no part of an operation. */
static __attribute__((noinline)) void load_keep_schedule(struct load *l)
{
	l->due = arrival_next(&l->arrivals, &l->random);
	if (load_wait(l->due))
		l->due = 0; /* it begins early, because there is no later */
}

/* Before the operation: what to ask for, and when. */
static inline void load_ready(const struct workload *work, struct load *l)
{
	if (work->churn_us != 0 && churn_asked(l->me->index))
		churn_leave(l->me);
	if (work->sizes != SIZES_FIXED)
		l->size = sizes_draw(work->sizes, &l->random);
	if (work->rate != 0)
		load_keep_schedule(l);
}

static inline size_t load_size(const struct workload *work, const struct load *l)
{
	(void)work;
	return l->size;
}

static inline unsigned long load_mask(const struct workload *work)
{
	return work->irq_off ? port_irq_save() : 0;
}

static inline void load_unmask(const struct workload *work, unsigned long was)
{
	if (work->irq_off)
		port_irq_restore(was);
}

static inline void load_inside(const struct workload *work, struct load *l, bool inside)
{
	if (work->watched)
		l->inside = inside;
}

/* Relaxed: under a lock they are the holder's alone; without one nobody minds
 * that a count is lost. */
static inline void load_touch(const struct workload *work)
{
	for (uint64_t i = 0; i < work->touch; i++) {
		aptr *word = &load_lines[i].word;

		aptr_store_relaxed(word, aptr_load_relaxed(word) + 1);
	}
}

/* Behind the operation, outside the section. */
static inline void load_done(const struct workload *work, struct load *l, const void *block)
{
	(void)work;
	if (block != NULL)
		l->bytes += l->size;
}

/* From when the operation was to begin until now. */
static inline void load_record(const struct workload *work, const struct load *l,
			       struct latency *to)
{
	if (work->rate != 0 && l->due != 0)
		histogram_add(&to->response, port_time() - l->due);
}

#endif
