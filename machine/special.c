#include "special.h"

#include "access.h"
#include "csr.h"
#include "encoding.h"
#include "memory.h"
#include "region.h"
#include "sbi.h"
#include "trap.h"

static void retire(struct hart *h, const struct op *op)
{
	h->pc += op->size;
	h->retired++;
}

/* wrs: the hart stalls until its reservation is lost. The time-out that wrs.sto has does
 * not come. */
static void stall(struct machine *m, struct hart *h)
{
	access_let_go(m, h);
	spin_disturb(&h->spin);
	if (!m->region.active || h->reserved == NO_LINE ||
	    !coherence_has(&m->coherence, h->id, h->reserved) || trap_pending(h) != 0)
		return;
	spin_stall(&h->spin, h->reserved, h->clock);
	h->state = HART_STALLS;
}

static void access_csr(struct machine *m, struct hart *h, const struct op *op)
{
	if (csr_access(h, op))
		retire(h, op);
	else
		trap_enter(m, h, CAUSE_ILLEGAL, op->word);
}

static void system_op(struct machine *m, struct hart *h, const struct op *op)
{
	spin_disturb(&h->spin);
	switch (op->word) {
	case INSN_ECALL:
		retire(h, op);
		sbi_call(m, h);
		break;
	case INSN_SRET:
		h->retired++;
		trap_return(m, h);
		break;
	case INSN_WFI:
		retire(h, op);
		h->state = trap_pending(h) != 0 ? HART_RUNS : HART_WFI;
		break;
	case INSN_EBREAK:
	case INSN_C_EBREAK:
		trap_enter(m, h, CAUSE_BREAKPOINT, h->pc);
		break;
	default:
		if ((op->word & INSN_SFENCE_VMA_MASK) == INSN_SFENCE_VMA)
			retire(h, op); /* there is no translation to forget */
		else
			access_csr(m, h, op);
	}
}

/* The hart waits until its store buffer is empty. */
static void drain(struct machine *m, struct hart *h)
{
	uint64_t empty = store_buffer_empty(&h->stores, h->clock);

	if (!m->region.active || empty == h->clock)
		return;
	h->clock = empty;
	spin_disturb(&h->spin); /* later rounds do not wait */
}

static void hint_or_fence(struct machine *m, struct hart *h, enum op_kind kind, unsigned imm)
{
	switch (kind) {
	case OP_MARK:
		region_mark(m, h, imm);
		break;
	case OP_WRS:
		stall(m, h);
		break;
	case OP_PAUSE:
		access_let_go(m, h);
		if (m->profile->pause_waits)
			drain(m, h);
		break;
	case OP_ORDER:
		store_buffer_fence(&h->stores);
		break;
	case OP_DRAIN:
		drain(m, h);
		break;
	case OP_FENCE_I:
		memory_forget_code(m);
		break;
	default:
		break;
	}
}

void special(struct machine *m, struct hart *h, const struct op *op)
{
	wait_for_results(h, op->uses);
	h->clock += op->ticks;
	if (op->kind == OP_SYSTEM) {
		system_op(m, h, op);
	} else if (op->kind == OP_ILLEGAL) {
		trap_enter(m, h, CAUSE_ILLEGAL, op->word);
	} else {
		retire(h, op);
		hint_or_fence(m, h, op->kind, (unsigned)op->imm & 0xfff);
	}
}
