#include "access.h"

#include "../model/later.h"
#include "mailbox.h"
#include "memory.h"
#include "reservation.h"
#include "trace.h"
#include "turn.h"

/* Returns what the memory system calls an access of that kind. */
static enum access access_of(enum op_kind kind)
{
	switch (kind) {
	case OP_STORE:
		return ACCESS_STORE;
	case OP_AMO:
		return ACCESS_AMO;
	case OP_LR:
		return ACCESS_LR;
	case OP_SC:
		return ACCESS_SC;
	default:
		return ACCESS_LOAD;
	}
}

static uint64_t line_of(const struct hart *h)
{
	return h->pending.address / LINE_BYTES;
}

void access_let_go(struct machine *m, struct hart *h)
{
	if (m->region.active)
		coherence_let_go(&m->coherence, h->id, h->clock);
}

static void end_access(struct hart *h)
{
	h->pc += h->pending.op->size;
	h->pending.op = NULL;
	h->waited = 0;
	h->retired++;
}

static void set(struct hart *h, unsigned rd, uint64_t value)
{
	h->x[rd] = value;
	h->x[0] = 0;
}

/* Outside of regions nobody has copies of lines, so a write itself ends others' reservations. */
static void end_reservations(struct machine *m, const struct hart *h, uint64_t line)
{
	for (uint64_t set = m->reserved & ~(1ul << h->id); set != 0; set &= set - 1) {
		struct hart *other = &m->hart[__builtin_ctzll(set)];

		if (other->reserved == line)
			reservation_drop(m, other);
	}
}

/* Make the access: read and write its values. */
static void do_values(struct machine *m, struct hart *h)
{
	const struct op *op = h->pending.op;
	uint8_t *at = ram_at(m, h->pending.address, op->width);

	switch (op->kind) {
	case OP_STORE:
		memory_write(at, op->width, h->x[op->rs2]);
		break;
	case OP_AMO:
		set(h, op->rd, memory_amo(at, op, h->x[op->rs2], h->x[op->rd]));
		break;
	case OP_SC:
		memory_write(at, op->width, h->x[op->rs2]);
		set(h, op->rd, 0);
		reservation_drop(m, h);
		break;
	case OP_LR:
		reservation_take(m, h, line_of(h));
		set(h, op->rd, memory_read(at, op->width, true));
		break;
	default:
		set(h, op->rd, memory_read(at, op->width, op->sign));
	}
}

/* Returns when the hart goes on after a store that had its line at `done`. */
static uint64_t after_store(struct hart *h, uint64_t done)
{
	store_buffer_put(&h->stores, line_of(h), done);
	return h->stores.room != 0 ? h->pending.admitted + h->pending.op->ticks : done;
}

/* Returns how long before the end of its access the hart may go on. An AMO with .aq comes before
 * what is behind it. */
static uint64_t goes_ahead_by(const struct profile *p, const struct op *op)
{
	bool acquires = op->word >> 26 & 1;

	if (op->kind == OP_LOAD)
		return p->load_ahead;
	return op->kind == OP_AMO && !acquires ? p->amo_ahead : 0;
}

/* Returns when the hart goes on after an access that is no store and is done at `done`. */
static uint64_t after_others(const struct machine *m, struct hart *h, uint64_t done)
{
	const struct op *op = h->pending.op;
	uint64_t ahead = goes_ahead_by(m->profile, op);

	if (ahead == 0)
		return done;
	results_expect(&h->results, op->rd, done);
	results_expect_line(&h->results, line_of(h), done);
	return later(h->pending.issued + m->profile->op, done - ahead);
}

static struct outcome charge(struct machine *m, const struct hart *h, enum access kind)
{
	if (m->settings.trace != NULL)
		return trace_access(m, h, kind);
	return coherence_access(&m->coherence, h->id, kind, h->pending.address,
				h->pending.op->ticks, h->pending.issued);
}

static void make_modelled(struct machine *m, struct hart *h)
{
	enum access kind = access_of(h->pending.op->kind);
	struct outcome o = charge(m, h, kind);

	if (kind == ACCESS_LR)
		coherence_keep_longer(&m->coherence, h->id, o.done, h->pending.op->after);
	o.done += h->pending.op->after;
	h->clock = kind == ACCESS_STORE ? after_store(h, o.done) : after_others(m, h, o.done);
	if (kind == ACCESS_LOAD && o.hit)
		spin_load(&h->spin, line_of(h), h->pending.issued);
	else
		spin_disturb(&h->spin);
	do_values(m, h);
	turn_lose(m, o.lost, line_of(h));
}

/* An SC has asked for its line, and that was taken before it came: it comes, and the SC fails. */
static void take_in_vain(struct machine *m, struct hart *h)
{
	struct outcome o = charge(m, h, ACCESS_LOST_SC);

	h->clock = o.done + m->profile->sc_backoff;
	turn_lose(m, o.lost, line_of(h));
}

static void fail_sc(struct machine *m, struct hart *h)
{
	if (!m->region.active) {
		h->clock += m->profile->op;
	} else if (h->pending.asked && m->profile->sc_takes) {
		take_in_vain(m, h);
	} else {
		h->clock = coherence_sc_failed(&m->coherence, h->id, h->clock);
		if (m->settings.trace != NULL)
			trace_failed_sc(m, h);
	}
	spin_disturb(&h->spin);
	set(h, h->pending.op->rd, 1);
	reservation_drop(m, h);
}

static void make_free(struct machine *m, struct hart *h)
{
	h->clock += m->profile->op;
	spin_disturb(&h->spin);
	if (h->pending.op->kind != OP_LOAD && h->pending.op->kind != OP_LR && m->reserved != 0)
		end_reservations(m, h, line_of(h));
	if (m->finding && h->pending.op->kind == OP_STORE)
		mailbox_found(m, h->pending.address);
	else
		do_values(m, h);
}

/* The kernel's clock, and what else it reads of the mailbox, costs nothing. */
static void make_mailbox(struct machine *m, struct hart *h)
{
	const struct op *op = h->pending.op;

	h->clock = h->pending.issued;
	spin_disturb(&h->spin);
	if (op->kind == OP_LOAD && h->pending.address == m->mailbox &&
	    op->width == sizeof(uint64_t))
		set(h, op->rd, cycles(h->clock));
	else
		do_values(m, h);
}

/* It would be the hart's turn: returns true when its access takes effect only later, which
 * is the hart's clock then. */
static bool postpone(struct machine *m, struct hart *h)
{
	uint64_t effect = coherence_effect(&m->coherence, h->id, access_of(h->pending.op->kind),
					   line_of(h), h->pending.issued);

	if (effect <= h->clock)
		return false;
	h->clock = effect;
	h->pending.asked = true;
	h->waited = effect - h->pending.issued;
	return true;
}

/* Is it an SC whose reservation is gone? */
static bool is_lost(const struct hart *h)
{
	return h->pending.op->kind == OP_SC && h->reserved != line_of(h);
}

static bool has_turn(struct machine *m, struct hart *h)
{
	if (h->pending.ahead)
		return true;
	do {
		if (!turn_may_go_on(m, h))
			return false;
	} while ((h->pending.asked || !is_lost(h)) && postpone(m, h));
	turn_reach(m, turn_of(h));
	return true;
}

bool access_make(struct machine *m, struct hart *h)
{
	if (mailbox_has(m, h->pending.address)) {
		make_mailbox(m, h);
	} else if (m->region.active && !has_turn(m, h)) {
		return false;
	} else if (is_lost(h)) {
		fail_sc(m, h);
	} else if (m->region.active) {
		make_modelled(m, h);
	} else {
		make_free(m, h);
	}
	end_access(h);
	return true;
}
