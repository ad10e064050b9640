#include "csr.h"

#include <stddef.h>

#include "encoding.h"
#include "machine.h"

/* The CSRs that only keep what is written. */
static const struct kept {
	unsigned number;
	size_t offset;     /* in struct csrs */
	uint64_t writable; /* bits; the others are 0, */
	uint64_t always;   /* but for these, which are 1 */
} kept[] = {
	{CSR_SSTATUS, offsetof(struct csrs, sstatus), SSTATUS_SIE | SSTATUS_SPIE | SSTATUS_SPP,
	 SSTATUS_UXL},
	{CSR_SIE, offsetof(struct csrs, sie), SIP_ALL, 0},
	{CSR_STVEC, offsetof(struct csrs, stvec), ~STVEC_RESERVED, 0},
	{CSR_SCOUNTEREN, offsetof(struct csrs, scounteren), SCOUNTEREN_ALL, 0},
	{CSR_SSCRATCH, offsetof(struct csrs, sscratch), UINT64_MAX, 0},
	{CSR_SEPC, offsetof(struct csrs, sepc), ~1ul, 0},
	{CSR_SCAUSE, offsetof(struct csrs, scause), UINT64_MAX, 0},
	{CSR_STVAL, offsetof(struct csrs, stval), UINT64_MAX, 0},
};

static const struct kept *find(unsigned number)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (kept[i].number == number)
			return &kept[i];
	return NULL;
}

static uint64_t *field(struct hart *h, const struct kept *k)
{
	return (uint64_t *)((char *)&h->csr + k->offset);
}

uint64_t csr_sip(const struct hart *h)
{
	return (h->csr.ssip ? SIP_SSIP : 0) | (h->timer <= h->clock ? SIP_STIP : 0);
}

static bool read_csr(struct hart *h, unsigned number, uint64_t *value)
{
	const struct kept *k = find(number);

	if (k != NULL) {
		*value = *field(h, k) | k->always;
		return true;
	}
	switch (number) {
	case CSR_SIP:
		*value = csr_sip(h);
		return true;
	case CSR_SATP: /* translation is off */
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

static bool write_csr(struct hart *h, unsigned number, uint64_t value)
{
	const struct kept *k = find(number);

	if (k != NULL)
		*field(h, k) = value & k->writable;
	else if (number == CSR_SIP) /* a supervisor sets and clears SSIP only */
		h->csr.ssip = value & SIP_SSIP;
	else
		return number == CSR_SATP; /* a write of a mode that is not there does nothing */
	return true;
}

bool csr_access(struct hart *h, const struct op *op)
{
	enum { SWAP = 1, SET = 2, OPERATION = 3, IMMEDIATE = 4 };
	unsigned number = (unsigned)op->imm & 0xfff, f = op->word >> 12 & 7;
	uint64_t old, value = f & IMMEDIATE ? op->rs1 : h->x[op->rs1];
	bool writes = (f & OPERATION) == SWAP || op->rs1 != 0;

	if (!read_csr(h, number, &old))
		return false;
	if ((f & OPERATION) == SET)
		value = old | value;
	else if ((f & OPERATION) != SWAP)
		value = old & ~value;
	if (writes && !write_csr(h, number, value))
		return false;
	h->x[op->rd] = old;
	h->x[0] = 0;
	return true;
}
