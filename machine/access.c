#include "access.h"

#include "encoding.h"
#include "memory.h"
#include "region.h"
#include "trace.h"
#include "trap.h"
#include "turn.h"

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

static void forget_reservation(struct machine *m, struct hart *h)
{
	h->reserved = NO_LINE;
	m->reserved &= ~(1ul << h->id);
}

/* Outside of regions nobody has copies of lines: a write ends others' reservations. */
static void end_reservations(struct machine *m, const struct hart *h, uint64_t line)
{
	for (uint64_t set = m->reserved & ~(1ul << h->id); set != 0; set &= set - 1) {
		struct hart *other = &m->hart[__builtin_ctzll(set)];

		if (other->reserved == line)
			forget_reservation(m, other);
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
		forget_reservation(m, h);
		break;
	case OP_LR:
		h->reserved = line_of(h);
		m->reserved |= 1ul << h->id;
		set(h, op->rd, memory_read(at, op->width, true));
		break;
	default:
		set(h, op->rd, memory_read(at, op->width, op->sign));
	}
}

/* Returns when the hart goes on after a store that had its line at `done`. */
static uint64_t after_store(const struct machine *m, struct hart *h, uint64_t done)
{
	store_buffer_put(&h->stores, done);
	return h->stores.room != 0 ? h->pending.admitted + m->profile->l1_store : done;
}

static void make_modelled(struct machine *m, struct hart *h)
{
	enum access kind = access_of((enum op_kind)h->pending.op->kind);
	struct outcome o = m->settings.trace != NULL
				 ? trace_access(m, h, kind)
				 : coherence_access(&m->coherence, h->id, kind, h->pending.address,
						    h->pending.issued);

	h->clock = kind == ACCESS_STORE ? after_store(m, h, o.done) : o.done;
	if (kind == ACCESS_LOAD && o.hit)
		spin_load(&h->spin, line_of(h), h->pending.issued);
	else
		spin_disturb(&h->spin);
	do_values(m, h);
	turn_lose(m, o.lost, line_of(h));
}

static void fail_sc(struct machine *m, struct hart *h)
{
	if (m->region.active)
		h->clock = coherence_sc_failed(&m->coherence, h->id, h->pending.issued);
	else
		h->clock += m->profile->op;
	if (m->region.active && m->settings.trace != NULL)
		trace_failed_sc(m, h);
	spin_disturb(&h->spin);
	set(h, h->pending.op->rd, 1);
	forget_reservation(m, h);
}

static void make_free(struct machine *m, struct hart *h)
{
	h->clock += m->profile->op;
	spin_disturb(&h->spin);
	if (h->pending.op->kind != OP_LOAD && h->pending.op->kind != OP_LR && m->reserved != 0)
		end_reservations(m, h, line_of(h));
	if (m->finding && h->pending.op->kind == OP_STORE)
		region_found_mailbox(m, h->pending.address);
	else
		do_values(m, h);
}

/* The kernel's clock, and what else it reads of the mailbox, costs nothing. */
static void make_mailbox(struct machine *m, struct hart *h)
{
	const struct op *op = h->pending.op;

	h->clock = h->pending.issued;
	spin_disturb(&h->spin);
	if (op->kind == OP_LOAD && h->pending.address == m->mailbox && op->width == 8)
		set(h, op->rd, cycles(h->clock));
	else
		do_values(m, h);
}

/* It would be the hart's turn; does its access take effect only later? */
static bool postpone(struct machine *m, struct hart *h)
{
	uint64_t effect =
		coherence_effect(&m->coherence, h->id, access_of((enum op_kind)h->pending.op->kind),
				 line_of(h), h->pending.issued);

	if (effect <= h->clock)
		return false;
	h->clock = effect;
	h->waited = effect - h->pending.issued;
	return true;
}

static bool has_turn(struct machine *m, struct hart *h)
{
	if (h->pending.ahead)
		return true;
	do {
		if (!turn_may_go_on(m, h))
			return false;
	} while (postpone(m, h));
	turn_reach(m, h);
	return true;
}

bool access_make(struct machine *m, struct hart *h)
{
	if (region_in_mailbox(m, h->pending.address)) {
		make_mailbox(m, h);
	} else if (m->region.active && !has_turn(m, h)) {
		return false;
	} else if (h->pending.op->kind == OP_SC && h->reserved != line_of(h)) {
		fail_sc(m, h);
	} else if (m->region.active) {
		make_modelled(m, h);
	} else {
		make_free(m, h);
	}
	end_access(h);
	return true;
}

/* A store is made when it asks for its line, and the hart goes on as soon as the buffer
 * has it: until the access is charged, the clock is the former. */
static void issue_store(struct machine *m, struct hart *h)
{
	h->pending.admitted = store_buffer_admit(&h->stores, h->clock);
	h->clock = store_buffer_request(&h->stores, h->pending.admitted) + m->profile->store_delay;
}

/* While its LR keeps a line, which is for lr_hold cycles at most, a hart goes ahead of the
 * others: whoever wants that line has to wait anyway. What the hart does with other lines
 * in that time comes that little too early. */
static bool goes_ahead(struct machine *m, struct hart *h)
{
	if (coherence_holds(&m->coherence, h->id, h->clock))
		return true;
	coherence_let_go(&m->coherence, h->id, h->clock);
	return false;
}

static void issue_modelled(struct machine *m, struct hart *h)
{
	uint8_t kind = h->pending.op->kind;

	if (kind == OP_STORE)
		issue_store(m, h);
	else if (kind != OP_LOAD)
		h->clock = store_buffer_request(&h->stores, h->clock);
	h->pending.issued = h->clock;
	if (kind == OP_STORE || kind == OP_AMO) /* no SC comes for its LR */
		coherence_let_go(&m->coherence, h->id, h->clock);
	h->pending.ahead = goes_ahead(m, h);
}

/* A write to the finisher ends the machine: the kernel's way to fail. */
static bool finishes(struct machine *m, const struct hart *h, const struct op *op, uint64_t address)
{
	enum { FAIL = 0x3333, PASS = 0x5555 };
	uint64_t value = h->x[op->rs2];

	if (address != FINISHER || op->kind != OP_STORE)
		return false;
	if ((value & 0xffff) == FAIL || (value & 0xffff) == PASS) {
		m->stopped = true;
		m->status = (value & 0xffff) == FAIL ? (int)(value >> 16 & 0xff) : 0;
	}
	return true;
}

static uint64_t fault_of(const struct machine *m, const struct op *op, uint64_t address)
{
	bool reads = op->kind == OP_LOAD || op->kind == OP_LR;

	if (op->kind >= OP_AMO && address % op->width != 0)
		return reads ? CAUSE_LOAD_MISALIGNED : CAUSE_STORE_MISALIGNED;
	if (ram_at(m, address, op->width) == NULL)
		return reads ? CAUSE_LOAD_ACCESS : CAUSE_STORE_ACCESS;
	return 0;
}

void access_issue(struct machine *m, struct hart *h, const struct op *op)
{
	uint64_t address = h->x[op->rs1] + (uint64_t)op->imm;
	uint64_t fault = fault_of(m, op, address);

	if (fault != 0 && finishes(m, h, op, address)) {
		h->pc += op->size;
	} else if (fault != 0) {
		trap_enter(m, h, fault, address);
		h->pc = h->next;
	} else {
		h->pending = (struct pending){.op = op, .address = address, .issued = h->clock};
		if (m->region.active)
			issue_modelled(m, h);
	}
}
