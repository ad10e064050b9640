/* run.c: harts execute. */
#include <stdlib.h>
#include <unistd.h>

#include "access.h"
#include "encoding.h"
#include "memory.h"
#include "region.h"
#include "sbi.h"
#include "trap.h"
#include "turn.h"

void machine_start(struct machine *m, struct hart *h, uint64_t entry, uint64_t opaque,
		   uint64_t clock)
{
	enum { A0 = 10, A1 = 11 };

	h->pc = entry;
	h->x[A0] = h->id;
	h->x[A1] = opaque;
	h->csr = (struct csrs){0};
	h->timer = NEVER;
	h->reserved = NO_LINE;
	h->pending.op = NULL;
	if (clock > h->clock)
		h->clock = clock;
	h->waited = 0;
	h->state = HART_RUNS;
	spin_reset(&h->spin);
	store_buffer_reset(&h->stores, (unsigned)m->profile->store_buffer);
	turn_changed(m, h);
}

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

/* The clock at which the hart must be looked at, whatever it executes: its timer is due,
 * or others must not wait for it any longer. */
static uint64_t attention(const struct machine *m, const struct hart *h)
{
	enum { LONG = 100000 * TICKS_PER_CYCLE };
	uint64_t until = m->region.active ? h->clock + LONG : m->limit.clock;
	bool timer = h->csr.sie & SIP_STIP && h->csr.sstatus & SSTATUS_SIE;

	return timer && h->timer < until ? h->timer : until;
}

static void trap(struct machine *m, struct hart *h, uint64_t cause, uint64_t value)
{
	h->clock += m->profile->csr;
	trap_enter(m, h, cause, value);
	h->pc = h->next;
}

/* Executes until an instruction that is not plain: returns it, or NULL when something
 * else has to be looked at. */
static const struct op *run_plain(struct machine *m, struct hart *h)
{
	uint64_t until = attention(m, h);

	do {
		const struct op *op = memory_fetch(m, h);

		if (op == NULL) {
			trap(m, h, CAUSE_FETCH_ACCESS, h->pc);
			return NULL;
		}
		if (op->kind != OP_PLAIN)
			return op;
		h->clock += op->ticks;
		h->next = h->pc + op->size;
		op->run(h, op);
		h->retired++;
		if (h->next <= h->pc && spin_jump(&h->spin, h->pc, h->x, h->clock)) {
			h->pc = h->next;
			fall_asleep(m, h);
			return NULL;
		}
		h->pc = h->next;
	} while (h->clock < until);
	return NULL;
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

static void system_op(struct machine *m, struct hart *h, const struct op *op)
{
	bool known = true;

	spin_disturb(&h->spin);
	h->next = h->pc + op->size;
	if (op->word == INSN_ECALL)
		sbi_call(m, h);
	else if (op->word == INSN_SRET)
		trap_return(h);
	else if (op->word == INSN_WFI)
		h->state = trap_pending(h) != 0 ? HART_RUNS : HART_WFI;
	else if (op->word == INSN_EBREAK || op->size == 2)
		trap_enter(m, h, CAUSE_BREAKPOINT, h->pc);
	else if ((op->word & INSN_SFENCE_VMA_MASK) != INSN_SFENCE_VMA)
		known = trap_csr(h, op);
	if (!known)
		trap_enter(m, h, CAUSE_ILLEGAL, op->word);
	/* A hart that hart_start has begun anew is where that put it. */
	h->pc = h->next;
}

/* An instruction that is not plain and does not access memory. */
static void special(struct machine *m, struct hart *h, const struct op *op)
{
	h->clock += op->ticks;
	h->retired++;
	switch (op->kind) {
	case OP_SYSTEM:
		system_op(m, h, op);
		return;
	case OP_MARK:
		h->pc += op->size;
		region_mark(m, h, (unsigned)op->imm & 0xfff);
		return;
	case OP_ILLEGAL:
		trap_enter(m, h, CAUSE_ILLEGAL, op->word);
		h->pc = h->next;
		return;
	case OP_WRS:
		stall(m, h);
		break;
	case OP_PAUSE:
		access_let_go(m, h);
		break;
	case OP_DRAIN:
		if (m->region.active)
			h->clock = store_buffer_request(&h->stores, h->clock);
		break;
	case OP_FENCE_I:
		memory_forget_code(m);
		h->pc += 4;
		return;
	default:
		break;
	}
	h->pc += op->size;
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
		if (op != NULL && op_accesses((enum op_kind)op->kind))
			access_issue(m, h, op);
		else if (!turn_may_go_on(m, h))
			return;
		else if (op != NULL)
			special(m, h, op);
	}
}

int machine_run(struct machine *m)
{
	while (!m->stopped) {
		struct hart *h = turn_next(m);

		run(m, h);
		turn_changed(m, h);
	}
	fflush(stdout);
	return m->status;
}

static const char *const state_names[] = {
	[HART_STOPPED] = "is stopped",
	[HART_RUNS] = "runs",
	[HART_WFI] = "waits for an interrupt",
	[HART_SPINS] = "spins",
	[HART_STALLS] = "stalls",
	[HART_JOINED] = "waits for the others to join",
	[HART_LEFT] = "has left",
};

_Noreturn void machine_fail(struct machine *m, enum machine_failure why, const char *what)
{
	fflush(stdout);
	fprintf(stderr, "hartlock-machine: %s\n", what);
	for (unsigned i = 0; i < m->harts; i++) {
		const struct hart *h = &m->hart[i];

		fprintf(stderr, "hartlock-machine: hart %u pc 0x%llx cycle %llu %s", i,
			(unsigned long long)h->pc, (unsigned long long)cycles(h->clock),
			state_names[h->state]);
		if (h->state == HART_SPINS || h->state == HART_STALLS)
			for (unsigned n = 0; n < h->spin.loads; n++)
				fprintf(stderr, " line 0x%llx",
					(unsigned long long)h->spin.load[n].line * LINE_BYTES);
		fputc('\n', stderr);
	}
	if (m->settings.trace != NULL)
		fflush(m->settings.trace);
	fflush(stderr);
	_exit((int)why);
}
