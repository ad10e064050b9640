#include "decode.h"

#include <stdbool.h>
#include <stddef.h>

#include "encoding.h"
#include "execute.h"
#include "expand.h"

static unsigned funct3(uint32_t w)
{
	return w >> 12 & 7;
}

static unsigned funct7(uint32_t w)
{
	return w >> 25;
}

static int64_t imm_i(uint32_t w)
{
	return (int32_t)w >> 20;
}

static int64_t imm_s(uint32_t w)
{
	return (int32_t)(w & 0xfe000000) >> 20 | (int32_t)(w >> 7 & 31);
}

static int64_t imm_b(uint32_t w)
{
	return (int32_t)(w & 0x80000000) >> 19 |
	       (int32_t)((w & 0x80) << 4 | (w >> 20 & 0x7e0) | (w >> 7 & 0x1e));
}

static int64_t imm_u(uint32_t w)
{
	return (int32_t)(w & 0xfffff000);
}

static int64_t imm_j(uint32_t w)
{
	return (int32_t)(w & 0x80000000) >> 11 |
	       (int32_t)((w & 0xff000) | (w >> 9 & 0x800) | (w >> 20 & 0x7fe));
}

/* `run` may be NULL: there is no such instruction, and the op stays illegal. */
static void plain(struct op *op, execute_fn *run, int64_t imm, uint64_t ticks)
{
	if (run == NULL)
		return;
	op->kind = OP_PLAIN;
	op->run = run;
	op->imm = imm;
	op->ticks = (uint32_t)ticks;
}

static void other(struct op *op, enum op_kind kind, uint64_t ticks)
{
	op->kind = kind;
	op->ticks = (uint32_t)ticks;
}

static void access(struct op *op, enum op_kind kind, int64_t imm, unsigned width)
{
	op->kind = kind;
	op->imm = imm;
	op->width = (uint8_t)width;
	op->ticks = 0;
}

static void load(struct op *op, uint32_t w)
{
	unsigned f = funct3(w);

	if (f == 7)
		return;
	access(op, OP_LOAD, imm_i(w), 1u << (f & 3));
	op->sign = f < 4;
}

static void store(struct op *op, uint32_t w)
{
	if (funct3(w) < 4)
		access(op, OP_STORE, imm_s(w), 1u << funct3(w));
}

static int amo_of(unsigned funct5)
{
	switch (funct5) {
	case 0:
		return AMO_ADD;
	case 1:
		return AMO_SWAP;
	case 4:
		return AMO_XOR;
	case 5:
		return AMO_CAS;
	case 8:
		return AMO_OR;
	case 12:
		return AMO_AND;
	case 16:
		return AMO_MIN;
	case 20:
		return AMO_MAX;
	case 24:
		return AMO_MINU;
	case 28:
		return AMO_MAXU;
	default:
		return -1;
	}
}

/* A, Zacas (but for amocas.q), and Zabha, which has no LR and SC of less than a word. */
static void atomic(struct op *op, uint32_t w)
{
	enum { LR = 2, SC = 3 };
	unsigned f5 = w >> 27, width = 1u << funct3(w);
	int amo = amo_of(f5);

	if (funct3(w) > 3)
		return;
	if (f5 == LR || f5 == SC) {
		if (width >= 4 && (f5 == SC || op->rs2 == 0))
			access(op, f5 == LR ? OP_LR : OP_SC, 0, width);
	} else if (amo >= 0) {
		access(op, OP_AMO, 0, width);
		op->amo = (enum amo)amo;
	}
	op->sign = 1;
}

static void op_imm(struct op *op, uint32_t w, const struct profile *p)
{
	unsigned f = funct3(w), top = w >> 26;

	if (f == 1 && top != 0)
		return;
	if (f == 5 && top == 0x10)
		plain(op, execute_srai, imm_i(w) & 63, p->op);
	else if (f != 5 || top == 0)
		plain(op, execute_op_imm[f], imm_i(w), p->op);
}

static void op_imm_32(struct op *op, uint32_t w, const struct profile *p)
{
	unsigned f = funct3(w), top = funct7(w);

	if (f == 1 && top != 0)
		return;
	if (f == 5 && top == 0x20)
		plain(op, execute_sraiw, imm_i(w) & 31, p->op);
	else if (f != 5 || top == 0)
		plain(op, execute_op_imm_32[f], imm_i(w), p->op);
}

static void arithmetic(struct op *op, uint32_t w, const struct profile *p)
{
	unsigned f = funct3(w);

	if (funct7(w) == 1)
		plain(op, execute_muldiv[f], 0, f >= 4 ? p->div : p->mul);
	else if (funct7(w) == 0x20)
		plain(op, f == 0 ? execute_sub : f == 5 ? execute_sra : NULL, 0, p->op);
	else if (funct7(w) == 0)
		plain(op, execute_op[f], 0, p->op);
}

static void arithmetic_32(struct op *op, uint32_t w, const struct profile *p)
{
	unsigned f = funct3(w);

	if (funct7(w) == 1)
		plain(op, execute_muldiv_32[f], 0, f >= 4 ? p->div : p->mul);
	else if (funct7(w) == 0x20)
		plain(op, f == 0 ? execute_subw : f == 5 ? execute_sraw : NULL, 0, p->op);
	else if (funct7(w) == 0)
		plain(op, execute_op_32[f], 0, p->op);
}

/* Loads are done in order, and stores leave the buffer in order: only a store before and
 * a load behind can pass each other. */
static void misc_mem(struct op *op, uint32_t w, const struct profile *p)
{
	bool writes_before = w >> 24 & 1, reads_behind = w >> 21 & 1;

	if (w == INSN_PAUSE)
		other(op, OP_PAUSE, p->pause);
	else if (funct3(w) == 1)
		other(op, OP_FENCE_I, p->fence);
	else if (funct3(w) == 0)
		other(op, writes_before && reads_behind ? OP_DRAIN : OP_FENCE, p->fence);
}

static void system_op(struct op *op, uint32_t w, const struct profile *p)
{
	if (w == INSN_WRS_NTO || w == INSN_WRS_STO)
		other(op, OP_WRS, p->pause);
	else if (w == INSN_ECALL || w == INSN_EBREAK || w == INSN_SRET || w == INSN_WFI ||
		 (w & INSN_SFENCE_VMA_MASK) == INSN_SFENCE_VMA || (funct3(w) & 3) != 0)
		other(op, OP_SYSTEM, p->csr);
	op->imm = w >> 20;
}

static void decode_word(struct op *op, uint32_t w, const struct profile *p)
{
	op->rd = w >> 7 & 31;
	op->rs1 = w >> 15 & 31;
	op->rs2 = w >> 20 & 31;
	if ((w & INSN_MARK_MASK) == INSN_MARK) {
		other(op, OP_MARK, p->op);
		op->imm = w >> 20;
		return;
	}
	switch (w & 0x7f) {
	case OPCODE_LOAD:
		load(op, w);
		break;
	case OPCODE_STORE:
		store(op, w);
		break;
	case OPCODE_AMO:
		atomic(op, w);
		break;
	case OPCODE_OP_IMM:
		op_imm(op, w, p);
		break;
	case OPCODE_OP_IMM_32:
		op_imm_32(op, w, p);
		break;
	case OPCODE_OP:
		arithmetic(op, w, p);
		break;
	case OPCODE_OP_32:
		arithmetic_32(op, w, p);
		break;
	case OPCODE_LUI:
		plain(op, execute_lui, imm_u(w), p->op);
		break;
	case OPCODE_AUIPC:
		plain(op, execute_auipc, imm_u(w), p->op);
		break;
	case OPCODE_BRANCH:
		plain(op, execute_branch[funct3(w)], imm_b(w), p->branch);
		break;
	case OPCODE_JAL:
		plain(op, execute_jal, imm_j(w), p->jump);
		break;
	case OPCODE_JALR:
		plain(op, funct3(w) == 0 ? execute_jalr : NULL, imm_i(w), p->jump);
		break;
	case OPCODE_MISC_MEM:
		misc_mem(op, w, p);
		break;
	case OPCODE_SYSTEM:
		system_op(op, w, p);
		break;
	default:
		break;
	}
}

struct op decode(uint32_t word, const struct profile *p)
{
	unsigned size = decode_size(word);
	struct op op = {.kind = OP_ILLEGAL, .size = (uint8_t)size};

	op.word = size == 2 ? (uint16_t)word : word;
	decode_word(&op, size == 2 ? expand((uint16_t)word) : word, p);
	return op;
}
