#include "decode.h"

#include <stdbool.h>

static enum insn_class quadrant0(unsigned funct3)
{
	switch (funct3) {
	case 1: /* c.fld */
	case 2: /* c.lw */
	case 3: /* c.ld */
		return INSN_LOAD;
	case 5: /* c.fsd */
	case 6: /* c.sw */
	case 7: /* c.sd */
		return INSN_STORE;
	default:
		return INSN_OP;
	}
}

static enum insn_class quadrant1(unsigned funct3)
{
	return funct3 == 5 ? INSN_JUMP : funct3 >= 6 ? INSN_BRANCH : INSN_OP;
}

static enum insn_class quadrant2(uint32_t word, unsigned funct3)
{
	switch (funct3) {
	case 1: /* c.fldsp */
	case 2: /* c.lwsp */
	case 3: /* c.ldsp */
		return INSN_LOAD;
	case 4: /* c.jr, c.jalr have no rs2 but an rs1; c.mv, c.add have one; c.ebreak neither */
		return (word >> 2 & 31) == 0 && (word >> 7 & 31) != 0 ? INSN_JUMP : INSN_OP;
	case 5: /* c.fsdsp */
	case 6: /* c.swsp */
	case 7: /* c.sdsp */
		return INSN_STORE;
	default:
		return INSN_OP;
	}
}

static enum insn_class compressed(uint32_t word)
{
	unsigned funct3 = word >> 13 & 7;

	switch (word & 3) {
	case 0:
		return quadrant0(funct3);
	case 1:
		return quadrant1(funct3);
	default:
		return quadrant2(word, funct3);
	}
}

static enum insn_class atomic(uint32_t word)
{
	enum { LR = 2, SC = 3 };
	unsigned funct5 = word >> 27;

	return funct5 == LR ? INSN_LR : funct5 == SC ? INSN_SC : INSN_AMO;
}

static enum insn_class arithmetic(uint32_t word)
{
	enum { MULDIV = 1 };

	if (word >> 25 != MULDIV)
		return INSN_OP;
	return word >> 14 & 1 ? INSN_DIV : INSN_MUL;
}

/* Returns the class of a fence. Loads are done in order, and stores leave the buffer in
 * order, so only a load can pass a store that stands before it. */
static enum insn_class fence(uint32_t word)
{
	enum { FENCE_I = 1 };
	bool writes_before = word >> 24 & 1, reads_behind = word >> 21 & 1;

	if ((word >> 12 & 7) == FENCE_I)
		return INSN_DRAIN;
	return writes_before && reads_behind ? INSN_DRAIN : INSN_FENCE;
}

enum insn_class decode_class(uint32_t word, unsigned size)
{
	enum { PAUSE = 0x0100000f, WRS_NTO = 0x00d00073, WRS_STO = 0x01d00073 };
	enum { MARK = 0x2013, MARK_MASK = 0xfffff };

	if (size == 2)
		return compressed(word);
	if (word == PAUSE)
		return INSN_PAUSE;
	if (word == WRS_NTO || word == WRS_STO)
		return INSN_WRS;
	if ((word & MARK_MASK) == MARK)
		return INSN_MARK;
	switch (word & 0x7f) {
	case 0x03: /* LOAD */
	case 0x07: /* LOAD-FP */
		return INSN_LOAD;
	case 0x23: /* STORE */
	case 0x27: /* STORE-FP */
		return INSN_STORE;
	case 0x2f:
		return atomic(word);
	case 0x63:
		return INSN_BRANCH;
	case 0x6f: /* JAL */
	case 0x67: /* JALR */
		return INSN_JUMP;
	case 0x33: /* OP */
	case 0x3b: /* OP-32 */
		return arithmetic(word);
	case 0x43: /* MADD */
	case 0x47: /* MSUB */
	case 0x4b: /* NMSUB */
	case 0x4f: /* NMADD */
	case 0x53: /* OP-FP */
		return INSN_FP;
	case 0x73:
		return INSN_CSR;
	case 0x0f:
		return fence(word);
	default:
		return INSN_OP;
	}
}
