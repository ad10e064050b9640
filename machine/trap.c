#include "trap.h"

#include "csr.h"
#include "encoding.h"
#include "fail.h"

/* A handler whose first instruction raises an exception will do so for ever: no register has
 * changed since. */
static void refuse_endless_trap(const struct machine *m, const struct hart *h, uint64_t cause,
				uint64_t handler)
{
	if (!(cause & CAUSE_INTERRUPT) && h->pc == handler)
		machine_fail(
			m, MACHINE_LOST,
			"lost: a hart traps for ever, for its handler's first instruction traps");
}

void trap_enter(struct machine *m, struct hart *h, uint64_t cause, uint64_t value)
{
	struct csrs *c = &h->csr;
	uint64_t base = c->stvec & ~(STVEC_VECTORED | STVEC_RESERVED);
	bool vectored = c->stvec & STVEC_VECTORED && cause & CAUSE_INTERRUPT;

	refuse_endless_trap(m, h, cause, base);
	c->sepc = h->pc;
	c->scause = cause;
	c->stval = value;
	c->sstatus = (c->sstatus & SSTATUS_SIE ? SSTATUS_SPIE : 0) | SSTATUS_SPP;
	h->pc = base + (vectored ? 4 * (cause & ~CAUSE_INTERRUPT) : 0);
	h->clock += m->profile->csr;
	spin_disturb(&h->spin);
}

void trap_return(const struct machine *m, struct hart *h)
{
	struct csrs *c = &h->csr;

	if (!(c->sstatus & SSTATUS_SPP))
		machine_fail(m, MACHINE_LOST,
			     "lost: a hart returns to user mode, which the machine does not have");
	c->sstatus = (c->sstatus & SSTATUS_SPIE ? SSTATUS_SIE : 0) | SSTATUS_SPIE;
	h->pc = c->sepc;
}

uint64_t trap_pending(const struct hart *h)
{
	return csr_sip(h) & h->csr.sie;
}

bool trap_take_interrupt(struct machine *m, struct hart *h)
{
	uint64_t pending = h->csr.sstatus & SSTATUS_SIE ? trap_pending(h) : 0;

	if (pending == 0)
		return false;
	/* SSI goes before STI: privileged manual, "Supervisor Interrupt Registers". */
	trap_enter(m, h, pending & SIP_SSIP ? CAUSE_SOFTWARE : CAUSE_TIMER, 0);
	return true;
}
