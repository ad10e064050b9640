#include "issue.h"

#include "encoding.h"
#include "memory.h"
#include "trap.h"

/* A store is made when it asks for its line, and the hart goes on as soon as the buffer
 * has it: until the access is charged, the clock is the former. */
static void issue_store(struct machine *m, struct hart *h)
{
	h->pending.admitted = store_buffer_admit(&h->stores, h->clock);
	h->clock = store_buffer_request(&h->stores, h->pending.admitted) + m->profile->store_delay;
}

/* Returns when an AMO, LR or SC can be made behind the stores ahead of it. */
static uint64_t behind_stores(const struct machine *m, const struct hart *h)
{
	bool releases = h->pending.op->word >> 25 & 1;

	if (m->profile->amo_waits || releases)
		return store_buffer_empty(&h->stores, h->clock);
	return store_buffer_has_line(&h->stores, h->pending.address / LINE_BYTES, h->clock);
}

/* Does the hart go ahead of the others? It does while its LR keeps a line, for lr_hold cycles
 * at most: whoever wants that line has to wait anyway. What the hart does with other lines
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
	enum op_kind kind = h->pending.op->kind;

	if (m->profile->load_ahead != 0 || m->profile->amo_ahead != 0)
		h->clock =
			results_wait_line(&h->results, h->pending.address / LINE_BYTES, h->clock);
	if (kind == OP_STORE)
		issue_store(m, h);
	else if (kind != OP_LOAD)
		h->clock = behind_stores(m, h);
	h->pending.issued = h->clock;
	if (kind == OP_STORE || kind == OP_AMO) /* no SC comes for its LR */
		coherence_let_go(&m->coherence, h->id, h->clock);
	h->pending.ahead = goes_ahead(m, h);
}

/* A write to the finisher ends the machine: the kernel's way to fail. */
static void finish(struct machine *m, uint32_t value)
{
	enum { FAIL = 0x3333, PASS = 0x5555 };
	uint32_t what = value & 0xffff;

	if (what == FAIL || what == PASS) {
		m->stopped = true;
		m->status = what == FAIL ? value >> 16 & 0xff : 0;
	}
}

/* Returns the exception that the access raises; 0 if none. Loads and stores need not be
 * aligned. */
static uint64_t fault_of(const struct machine *m, const struct op *op, uint64_t address)
{
	bool reads = op->kind == OP_LOAD || op->kind == OP_LR;
	bool atomic = op->kind == OP_AMO || op->kind == OP_LR || op->kind == OP_SC;

	if (atomic && address % op->width != 0)
		return reads ? CAUSE_LOAD_MISALIGNED : CAUSE_STORE_MISALIGNED;
	if (ram_at(m, address, op->width) == NULL)
		return reads ? CAUSE_LOAD_ACCESS : CAUSE_STORE_ACCESS;
	return 0;
}

void issue_access(struct machine *m, struct hart *h, const struct op *op)
{
	uint64_t address = h->x[op->rs1] + (uint64_t)op->imm;
	uint64_t fault = fault_of(m, op, address);

	if (fault != 0 && address == FINISHER && op->kind == OP_STORE) {
		finish(m, (uint32_t)h->x[op->rs2]);
		h->pc += op->size;
	} else if (fault != 0) {
		trap_enter(m, h, fault, address);
	} else {
		wait_for_results(h, op->uses);
		h->pending = (struct pending){.op = op, .address = address, .issued = h->clock};
		if (m->region.active)
			issue_modelled(m, h);
	}
}
