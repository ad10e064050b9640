/* variant_full.h: the hooks of the full variant: sizes that vary, lines touched, arrivals,
 * interrupts, harts that come and go (variant.h). */
#ifndef BENCH_VARIANT_HOOKS_H
#define BENCH_VARIANT_HOOKS_H

#include "arrival.h"
#include "churn.h"
#include "ipi_noise.h"
#include "port.h"
#include "shootdown.h"
#include "sizes.h"
#include "timer_noise.h"
#include "variant.h"
#include "variant_irq.h"
#include "window.h"

#define VARIANT_FULL   1
#define VARIANT_STARTS 1
#ifdef FREEING
#define VARIANT      FREEING
#define VARIANT_NAME FREEING_NAME
#elif defined(DUTY)
#define VARIANT      duty
#define VARIANT_NAME "duty"
#elif defined(MANY)
#define VARIANT      many
#define VARIANT_NAME "many"
#else
#define VARIANT      full
#define VARIANT_NAME "full"
#endif
/* Inlines every strategy completely here, too: the compiler would not inline the larger ones. */
#define VARIANT_LOOP __attribute__((flatten))

/* The data that the hooks of one hart keep. */
struct hooks {
	uint64_t random; /* state of its generator, never 0 */
	size_t size;     /* bytes of the block it asks for */
	uint64_t bytes;  /* bytes of the blocks it got */
	uint64_t due;    /* ticks: when its operation was to begin; 0: at no set time */
	struct arrivals arrivals;
	noise_flag inside; /* the hart is in its section; interrupts look at it */
	struct hart_stats *me;
#ifdef DUTY
	uint64_t until_shootdown; /* operations */
#endif
};

#ifdef DUTY
static void in_handler(struct hart_stats *me); /* aside.h */
#endif

/* Called by the hart before its worker. */
static inline void hook_start(const struct workload *work, struct hooks *h, struct hart_stats *me)
{
	*h = (struct hooks){.random = me->random, .size = work->size, .me = me};
	if (work->rate != 0)
		h->arrivals = arrivals_from(port_time(), work->rate, port_time_hz());
#ifdef DUTY
	timer_noise_call(me->index, work->handler == HANDLER_LOCK ? in_handler : NULL);
#endif
	if (work->interrupt_us != 0)
		timer_noise_start(me, work, &h->inside);
	if (work->ipi_us != 0)
		ipi_noise_start(me, work, &h->inside);
#ifdef DUTY
	shootdown_enter(me, work->waiters == WAITERS_POLL);
#endif
}

/* Called by the hart behind its worker. */
static inline void hook_stop(const struct workload *work, struct hooks *h, struct hart_stats *me)
{
	uint64_t now = port_time(), due = now;

	me->bytes = h->bytes;
	if (work->rate != 0)
		due = arrival_next(&h->arrivals, &h->random);
	me->behind = now > due ? now - due : 0;
	if (work->churn_us != 0)
		churn_done(me->index);
#ifdef DUTY
	timer_noise_call(me->index, NULL);
	shootdown_leave(me);
#endif
}

/* Waits until `due`. Returns true when the window ends first. */
static inline bool hook_wait(uint64_t due)
{
	enum { MOST = 1 << 16 };

	for (;;) {
		uint64_t now = port_time();

		if (now >= due)
			return false;
		if (window_phase() == STOP)
			return true;
		/* The delay lasts a part of the time that is left, if an instruction takes a
		 * tick: a look at the clock is an access to memory, too. */
		delay(due - now < MOST ? (uint32_t)(due - now) / 4 : MOST / 4);
	}
}

/* Waits until the next operation is due. It is not inlined, for it would take registers from
 * workloads without a schedule, and it is no part of an operation. Its name is a section's, and
 * so a part of what verify/proofs.json has hashed. */
static __attribute__((noinline)) void load_keep_schedule(struct hooks *h)
{
	h->due = arrival_next(&h->arrivals, &h->random);
	if (hook_wait(h->due))
		h->due = 0; /* it begins early, because there is no later time */
}

/* Called before the operation: says what to ask for, and when. */
static inline void hook_ready(const struct workload *work, struct hooks *h)
{
	if (work->churn_us != 0 && churn_asked(h->me->index))
		churn_leave(h->me);
	if (work->sizes != SIZES_FIXED)
		h->size = sizes_draw(work->sizes, &h->random);
	if (work->rate != 0)
		load_keep_schedule(h);
}

static inline size_t hook_size(const struct workload *work, const struct hooks *h)
{
	(void)work;
	return h->size;
}

static inline void hook_inside(const struct workload *work, struct hooks *h, bool inside)
{
	if (work->watched)
		h->inside = inside;
}

/* relaxed: under a lock the lines are the holder's alone; without one nobody minds that a
 * count is lost. */
static inline void hook_touch(const struct workload *work, struct hooks *h)
{
	(void)h;
	for (uint64_t i = 0; i < work->touch; i++) {
		aptr *word = &touch_lines[i].word;

		aptr_store_relaxed(word, aptr_load_relaxed(word) + 1);
	}
}

static inline uint32_t hook_hold(const struct workload *work, const struct hooks *h)
{
	(void)h;
	return work->hold;
}

/* Called behind the operation, outside the section. */
static inline void hook_done(const struct workload *work, struct hooks *h, const void *block)
{
	(void)work;
	if (block != NULL)
		h->bytes += h->size;
}

/* Records the time from when the operation was to begin until now. */
static inline void hook_record(const struct workload *work, const struct hooks *h,
			       struct latency *to)
{
	if (work->rate != 0 && h->due != 0)
		histogram_add(&to->response, port_time() - h->due);
}

#endif
