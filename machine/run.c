#include "run.h"

#include "access.h"
#include "encoding.h"
#include "fail.h"
#include "issue.h"
#include "memory.h"
#include "region.h"
#include "sample.h"
#include "special.h"
#include "trap.h"
#include "turn.h"

/* The hart only waits, from here on: it need not be executed while nothing changes. */
static void fall_asleep(struct machine *m, struct hart *h)
{
	if (!m->settings.sleeping || !m->region.active)
		return;
	/* From here on, a hart that takes one of its lines wakes it, at a clock that may be
	 * earlier or later than its own. */
	for (unsigned i = 0; i < h->spin.loads; i++)
		if (!coherence_has(&m->coherence, h->id, h->spin.load[i].line))
			return;
	h->state = HART_SPINS;
}

/* Returns the clock at which the hart must be looked at, whatever it executes: its timer is due,
 * or others must not wait for it any longer. */
static uint64_t attention(const struct machine *m, const struct hart *h)
{
	enum { LONG = 100000 * TICKS_PER_CYCLE };
	uint64_t until = m->region.active ? h->clock + LONG : m->limit.clock;
	bool timer = h->csr.sie & SIP_STIP && h->csr.sstatus & SSTATUS_SIE;

	return timer && h->timer < until ? h->timer : until;
}

/* The hart jumps backward: has it done nothing but wait since the last time? A round that begins or
 * ends while a result or a line is late may take another time than the next. */
static inline bool only_waits(struct hart *h, bool late)
{
	bool is_late =
		h->results.last > h->clock || (late && !results_have_come(&h->results, h->clock));

	if (is_late || h->results.were_late)
		spin_disturb(&h->spin);
	h->results.were_late = is_late;
	return spin_jump(&h->spin, h->pc, h->x, h->clock);
}

/* Does what run_plain() does. `late`: results may be late; where none is, nobody looks for them. */
static inline __attribute__((always_inline)) const struct op *run_until(struct machine *m,
									struct hart *h, bool late)
{
	uint64_t until = attention(m, h);

	do {
		const struct op *op = memory_fetch(m, h);

		if (op == NULL) {
			trap_enter(m, h, CAUSE_FETCH_ACCESS, h->pc);
			return NULL;
		}
		if (op->kind != OP_PLAIN)
			return op;
		if (late)
			wait_for_results(h, op->uses);
		h->clock += op->ticks;
		h->next = h->pc + op->size;
		op->run(h, op);
		h->retired++;
		if (h->next <= h->pc && only_waits(h, late)) {
			h->pc = h->next;
			fall_asleep(m, h);
			return NULL;
		}
		h->pc = h->next;
	} while (h->clock < until);
	return NULL;
}

/* Executes until an instruction that is not plain: returns it, or NULL when something
 * else has to be looked at. */
static const struct op *run_plain(struct machine *m, struct hart *h)
{
	return h->results.late != 0 ? run_until(m, h, true) : run_until(m, h, false);
}

/* The hart goes on until others have to. */
static void run(struct machine *m, struct hart *h)
{
	while (h->state == HART_RUNS && !m->stopped) {
		const struct op *op;

		if (h->pending.op != NULL) {
			if (!access_make(m, h))
				return;
			continue;
		}
		if (trap_take_interrupt(m, h))
			continue;
		op = run_plain(m, h);
		if (op != NULL && op_accesses(op->kind))
			issue_access(m, h, op);
		else if (!turn_may_go_on(m, h))
			return;
		else if (op != NULL)
			special(m, h, op);
	}
}

/* Returns the hart that is next, after the samples that come before it. */
static struct hart *next_hart(struct machine *m)
{
	while (sample_is_due(m, turn_next_clock(m)))
		sample_take(m);
	if (turn_next_clock(m) == NEVER)
		machine_fail(m, MACHINE_DEADLOCK, "deadlock: every hart waits for another");
	if (region_overruns(m, turn_next_clock(m)))
		machine_fail(m, MACHINE_LIVELOCK,
			     "livelock: harts do not end after the window's end");
	return turn_give(m);
}

int machine_run(struct machine *m)
{
	while (!m->stopped) {
		struct hart *h = next_hart(m);

		run(m, h);
		turn_changed(m, h);
	}
	fflush(stdout);
	return m->status;
}
