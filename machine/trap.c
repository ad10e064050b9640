#include "trap.h"

#include "encoding.h"

static void refuse_endless_trap(struct machine *m, const struct hart *h, uint64_t handler)
{
	if (handler - RAM_BASE >= RAM_BYTES && h->pc == handler)
		machine_fail(m, MACHINE_LOST,
			     "lost: a hart traps for ever, for there is no memory where its "
			     "handler should be");
}

void trap_enter(struct machine *m, struct hart *h, uint64_t cause, uint64_t value)
{
	struct csrs *c = &h->csr;
	uint64_t base = c->stvec & ~3ul;
	bool vectored = c->stvec & 1 && cause & CAUSE_INTERRUPT;

	refuse_endless_trap(m, h, base);
	c->sepc = h->pc;
	c->scause = cause;
	c->stval = value;
	c->sstatus = (c->sstatus & SSTATUS_SIE ? SSTATUS_SPIE : 0) | SSTATUS_SPP;
	h->next = base + (vectored ? 4 * (cause & ~CAUSE_INTERRUPT) : 0);
	spin_disturb(&h->spin);
}

void trap_return(struct hart *h)
{
	struct csrs *c = &h->csr;

	c->sstatus = (c->sstatus & SSTATUS_SPIE ? SSTATUS_SIE : 0) | SSTATUS_SPIE;
	h->next = c->sepc;
	spin_disturb(&h->spin);
}

static uint64_t sip(const struct hart *h)
{
	return (h->csr.ssip ? SIP_SSIP : 0) | (h->timer <= h->clock ? SIP_STIP : 0);
}

uint64_t trap_pending(const struct hart *h)
{
	return sip(h) & h->csr.sie;
}

bool trap_take_interrupt(struct machine *m, struct hart *h)
{
	uint64_t pending = h->csr.sstatus & SSTATUS_SIE ? trap_pending(h) : 0;

	if (pending == 0)
		return false;
	/* SSI goes before STI: privileged manual, "Supervisor Interrupt Registers". */
	trap_enter(m, h, pending & SIP_SSIP ? CAUSE_SOFTWARE : CAUSE_TIMER, 0);
	h->pc = h->next;
	h->clock += m->profile->csr;
	return true;
}

static bool read_csr(const struct hart *h, unsigned csr, uint64_t *value)
{
	const struct csrs *c = &h->csr;

	switch (csr) {
	case CSR_SSTATUS:
		*value = c->sstatus | SSTATUS_UXL;
		return true;
	case CSR_SIE:
		*value = c->sie;
		return true;
	case CSR_SIP:
		*value = sip(h);
		return true;
	case CSR_STVEC:
		*value = c->stvec;
		return true;
	case CSR_SCOUNTEREN:
		*value = c->scounteren;
		return true;
	case CSR_SSCRATCH:
		*value = c->sscratch;
		return true;
	case CSR_SEPC:
		*value = c->sepc;
		return true;
	case CSR_SCAUSE:
		*value = c->scause;
		return true;
	case CSR_STVAL:
		*value = c->stval;
		return true;
	case CSR_SATP:
		*value = 0;
		return true;
	case CSR_CYCLE: /* modelled time is the only clock */
	case CSR_TIME:
		*value = cycles(h->clock);
		return true;
	case CSR_INSTRET:
		*value = h->retired;
		return true;
	default:
		return false;
	}
}

static bool write_csr(struct hart *h, unsigned csr, uint64_t value)
{
	struct csrs *c = &h->csr;

	switch (csr) {
	case CSR_SSTATUS:
		c->sstatus = value & (SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP);
		return true;
	case CSR_SIE:
		c->sie = value & SIP_ALL;
		return true;
	case CSR_SIP: /* a supervisor can only clear SSIP, or set it for itself */
		c->ssip = value & SIP_SSIP;
		return true;
	case CSR_STVEC:
		c->stvec = value & ~2ul;
		return true;
	case CSR_SCOUNTEREN:
		c->scounteren = value & 7;
		return true;
	case CSR_SSCRATCH:
		c->sscratch = value;
		return true;
	case CSR_SEPC:
		c->sepc = value & ~1ul;
		return true;
	case CSR_SCAUSE:
		c->scause = value;
		return true;
	case CSR_STVAL:
		c->stval = value;
		return true;
	case CSR_SATP:
		return true;
	default:
		return false;
	}
}

bool trap_csr(struct hart *h, const struct op *op)
{
	enum { SWAP = 1, SET = 2, CLEAR = 3, IMMEDIATE = 4 };
	unsigned csr = (unsigned)op->imm & 0xfff, f = op->word >> 12 & 7;
	uint64_t old, given = f & IMMEDIATE ? op->rs1 : h->x[op->rs1];
	bool writes = (f & 3) == SWAP || op->rs1 != 0;

	spin_disturb(&h->spin);
	if (!read_csr(h, csr, &old))
		return false;
	if (writes && !write_csr(h, csr,
				 (f & 3) == SWAP  ? given
				 : (f & 3) == SET ? old | given
						  : old & ~given))
		return false;
	h->x[op->rd] = old;
	h->x[0] = 0;
	return true;
}
