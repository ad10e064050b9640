#include "expand.h"

#include "encoding.h"

static uint32_t bits(uint32_t c, unsigned high, unsigned low)
{
	return c >> low & ((1u << (high - low + 1)) - 1);
}

/* The registers x8 to x15 that three bits can name. */
static uint32_t small_reg(uint32_t c, unsigned low)
{
	return 8 + bits(c, low + 2, low);
}

static uint32_t i_type(uint32_t opcode, uint32_t funct3, uint32_t rd, uint32_t rs1, uint32_t imm)
{
	return opcode | rd << 7 | funct3 << 12 | rs1 << 15 | imm << 20;
}

static uint32_t s_type(uint32_t funct3, uint32_t rs1, uint32_t rs2, uint32_t imm)
{
	return OPCODE_STORE | (imm & 31) << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 |
	       imm >> 5 << 25;
}

static uint32_t r_type(uint32_t opcode, uint32_t funct3, uint32_t funct7, uint32_t rd, uint32_t rs1,
		       uint32_t rs2)
{
	return opcode | rd << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 | funct7 << 25;
}

/* The signed immediate of six bits, as 12. */
static uint32_t imm6(uint32_t c)
{
	return (bits(c, 6, 2) | (bits(c, 12, 12) ? 0xfe0 : 0)) & 0xfff;
}

static uint32_t offset_w(uint32_t c)
{
	return bits(c, 5, 5) << 6 | bits(c, 12, 10) << 3 | bits(c, 6, 6) << 2;
}

static uint32_t offset_d(uint32_t c)
{
	return bits(c, 6, 5) << 6 | bits(c, 12, 10) << 3;
}

static uint32_t quadrant0(uint32_t c)
{
	uint32_t rd = small_reg(c, 2), rs1 = small_reg(c, 7);
	uint32_t imm;

	switch (bits(c, 15, 13)) {
	case 0: /* c.addi4spn */
		imm = bits(c, 10, 7) << 6 | bits(c, 12, 11) << 4 | bits(c, 5, 5) << 3 |
		      bits(c, 6, 6) << 2;
		return imm == 0 ? 0 : i_type(OPCODE_OP_IMM, 0, rd, 2, imm);
	case 2: /* c.lw */
		return i_type(OPCODE_LOAD, 2, rd, rs1, offset_w(c));
	case 3: /* c.ld */
		return i_type(OPCODE_LOAD, 3, rd, rs1, offset_d(c));
	case 6: /* c.sw */
		return s_type(2, rs1, rd, offset_w(c));
	case 7: /* c.sd */
		return s_type(3, rs1, rd, offset_d(c));
	default: /* c.fld, c.fsd: there is no F */
		return 0;
	}
}

static uint32_t jump(uint32_t c)
{
	uint32_t imm = bits(c, 8, 8) << 10 | bits(c, 10, 9) << 8 | bits(c, 6, 6) << 7 |
		       bits(c, 7, 7) << 6 | bits(c, 2, 2) << 5 | bits(c, 11, 11) << 4 |
		       bits(c, 5, 3) << 1;

	if (bits(c, 12, 12))
		imm |= 0x1ff800;
	return OPCODE_JAL | (imm >> 12 & 0xff) << 12 | (imm >> 11 & 1) << 20 |
	       (imm >> 1 & 0x3ff) << 21 | (imm >> 20 & 1) << 31;
}

static uint32_t branch(uint32_t c, uint32_t funct3)
{
	uint32_t imm =
		bits(c, 6, 5) << 6 | bits(c, 2, 2) << 5 | bits(c, 11, 10) << 3 | bits(c, 4, 3) << 1;

	if (bits(c, 12, 12))
		imm |= 0x1f00;
	return OPCODE_BRANCH | (imm >> 11 & 1) << 7 | (imm >> 1 & 15) << 8 | funct3 << 12 |
	       small_reg(c, 7) << 15 | (imm >> 5 & 63) << 25 | (imm >> 12 & 1) << 31;
}

static uint32_t arithmetic(uint32_t c)
{
	static const uint8_t op[] = {0, 4, 6, 7}; /* sub, xor, or, and */
	uint32_t rd = small_reg(c, 7), rs2 = small_reg(c, 2), which = bits(c, 6, 5);
	uint32_t shift = bits(c, 12, 12) << 5 | bits(c, 6, 2);

	switch (bits(c, 11, 10)) {
	case 0: /* c.srli */
		return i_type(OPCODE_OP_IMM, 5, rd, rd, shift);
	case 1: /* c.srai */
		return i_type(OPCODE_OP_IMM, 5, rd, rd, shift | 0x400);
	case 2: /* c.andi */
		return i_type(OPCODE_OP_IMM, 7, rd, rd, imm6(c));
	default:
		break;
	}
	if (bits(c, 12, 12) == 0)
		return r_type(OPCODE_OP, op[which], which == 0 ? 0x20 : 0, rd, rd, rs2);
	if (which > 1)
		return 0;
	return r_type(OPCODE_OP_32, 0, which == 0 ? 0x20 : 0, rd, rd, rs2); /* c.subw, c.addw */
}

/* c.addi16sp, or c.lui. */
static uint32_t upper(uint32_t c)
{
	uint32_t rd = bits(c, 11, 7), imm;

	if (rd == 2) {
		imm = bits(c, 4, 3) << 7 | bits(c, 5, 5) << 6 | bits(c, 2, 2) << 5 |
		      bits(c, 6, 6) << 4 | (bits(c, 12, 12) ? 0xe00 : 0);
		return imm == 0 ? 0 : i_type(OPCODE_OP_IMM, 0, 2, 2, imm);
	}
	imm = bits(c, 6, 2) | (bits(c, 12, 12) ? 0xfffe0 : 0);
	return imm == 0 ? 0 : OPCODE_LUI | rd << 7 | imm << 12;
}

static uint32_t quadrant1(uint32_t c)
{
	uint32_t rd = bits(c, 11, 7);

	switch (bits(c, 15, 13)) {
	case 0: /* c.addi, c.nop */
		return i_type(OPCODE_OP_IMM, 0, rd, rd, imm6(c));
	case 1: /* c.addiw */
		return rd == 0 ? 0 : i_type(OPCODE_OP_IMM_32, 0, rd, rd, imm6(c));
	case 2: /* c.li */
		return i_type(OPCODE_OP_IMM, 0, rd, 0, imm6(c));
	case 3:
		return upper(c);
	case 4:
		return arithmetic(c);
	case 5: /* c.j */
		return jump(c);
	case 6: /* c.beqz */
		return branch(c, 0);
	default: /* c.bnez */
		return branch(c, 1);
	}
}

/* c.jr, c.mv, c.ebreak, c.jalr, c.add */
static uint32_t registers(uint32_t c)
{
	uint32_t rd = bits(c, 11, 7), rs2 = bits(c, 6, 2);

	if (bits(c, 12, 12) == 0)
		return rs2 != 0 ? r_type(OPCODE_OP, 0, 0, rd, 0, rs2)
		     : rd != 0  ? i_type(OPCODE_JALR, 0, 0, rd, 0)
				: 0;
	if (rs2 != 0)
		return r_type(OPCODE_OP, 0, 0, rd, rd, rs2);
	return rd != 0 ? i_type(OPCODE_JALR, 0, 1, rd, 0) : INSN_EBREAK;
}

static uint32_t quadrant2(uint32_t c)
{
	uint32_t rd = bits(c, 11, 7), rs2 = bits(c, 6, 2);
	uint32_t shift = bits(c, 12, 12) << 5 | bits(c, 6, 2);

	switch (bits(c, 15, 13)) {
	case 0: /* c.slli */
		return i_type(OPCODE_OP_IMM, 1, rd, rd, shift);
	case 2: /* c.lwsp */
		return rd == 0 ? 0
			       : i_type(OPCODE_LOAD, 2, rd, 2,
					bits(c, 3, 2) << 6 | bits(c, 12, 12) << 5 |
						bits(c, 6, 4) << 2);
	case 3: /* c.ldsp */
		return rd == 0 ? 0
			       : i_type(OPCODE_LOAD, 3, rd, 2,
					bits(c, 4, 2) << 6 | bits(c, 12, 12) << 5 |
						bits(c, 6, 5) << 3);
	case 4:
		return registers(c);
	case 6: /* c.swsp */
		return s_type(2, 2, rs2, bits(c, 8, 7) << 6 | bits(c, 12, 9) << 2);
	case 7: /* c.sdsp */
		return s_type(3, 2, rs2, bits(c, 9, 7) << 6 | bits(c, 12, 10) << 3);
	default: /* c.fldsp, c.fsdsp: there is no F */
		return 0;
	}
}

uint32_t expand(uint16_t c)
{
	switch (c & 3) {
	case 0:
		return quadrant0(c);
	case 1:
		return quadrant1(c);
	default:
		return quadrant2(c);
	}
}
