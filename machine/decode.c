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

static void access(struct op *op, enum op_kind kind, int64_t imm, unsigned width, uint64_t ticks)
{
	op->kind = kind;
	op->imm = imm;
	op->width = (uint8_t)width;
	op->ticks = (uint32_t)ticks;
}

static void load(struct op *op, uint32_t w, const struct profile *p)
{
	unsigned f = funct3(w);

	if (f == 7)
		return;
	access(op, OP_LOAD, imm_i(w), 1u << (f & 3), p->l1_load);
	op->sign = f < 4;
}

static void store(struct op *op, uint32_t w, const struct profile *p)
{
	if (funct3(w) < 4)
		access(op, OP_STORE, imm_s(w), 1u << funct3(w), p->l1_store);
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

static uint64_t amo_ticks(enum amo amo, const struct profile *p)
{
	switch (amo) {
	case AMO_SWAP:
		return p->l1_swap;
	case AMO_XOR:
	case AMO_AND:
	case AMO_OR:
		return p->l1_logic;
	case AMO_CAS:
		return p->l1_cas;
	default:
		return p->l1_amo;
	}
}

/* A, Zacas (but for amocas.q), and Zabha, which has no LR and SC of less than a word. */
static void atomic(struct op *op, uint32_t w, const struct profile *p)
{
	enum { LR = 2, SC = 3 };
	unsigned f5 = w >> 27, width = 1u << funct3(w);
	int amo = amo_of(f5);

	if (funct3(w) > 3)
		return;
	if (f5 == LR && width >= 4 && op->rs2 == 0)
		access(op, OP_LR, 0, width, p->l1_lr);
	else if (f5 == SC && width >= 4)
		access(op, OP_SC, 0, width, p->l1_sc);
	else if (amo >= 0)
		access(op, OP_AMO, 0, width, amo_ticks((enum amo)amo, p));
	op->amo = amo >= 0 ? (enum amo)amo : AMO_ADD;
	op->after = (uint32_t)((w >> 26 & 1 ? p->aq : 0) + (w >> 25 & 1 ? p->rl : 0));
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

/* Loads are done in order: only a store before and a load behind can pass each other, and stores of
 * which several wait for their lines at once. */
static void fence(struct op *op, uint32_t w, const struct profile *p)
{
	bool writes_before = w >> 24 & 1, reads_behind = w >> 21 & 1;

	if (!writes_before)
		other(op, OP_FENCE, p->fence_acquire);
	else if (!reads_behind)
		other(op, p->fence_waits ? OP_DRAIN : OP_ORDER, p->fence_release);
	else
		other(op, OP_DRAIN, p->fence);
}

static void misc_mem(struct op *op, uint32_t w, const struct profile *p)
{
	if (w == INSN_PAUSE)
		other(op, OP_PAUSE, p->pause);
	else if (funct3(w) == 1)
		other(op, OP_FENCE_I, p->fence);
	else if (funct3(w) == 0)
		fence(op, w, p);
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

/* Returns the registers (bits) that an instruction reads or writes; all, for one that waits for
 * whatever came before. */
static uint32_t uses_of(const struct op *op, uint32_t w)
{
	uint32_t rd = 1u << op->rd, rs1 = 1u << op->rs1, rs2 = 1u << op->rs2;

	switch (w & 0x7f) {
	case OPCODE_LUI:
	case OPCODE_AUIPC:
	case OPCODE_JAL:
		return rd;
	case OPCODE_LOAD:
	case OPCODE_OP_IMM:
	case OPCODE_OP_IMM_32:
	case OPCODE_JALR:
		return rd | rs1;
	case OPCODE_STORE:
	case OPCODE_BRANCH:
		return rs1 | rs2;
	case OPCODE_AMO:
	case OPCODE_OP:
	case OPCODE_OP_32:
		return rd | rs1 | rs2;
	default:
		return ~0u;
	}
}

static void decode_word(struct op *op, uint32_t w, const struct profile *p)
{
	op->rd = w >> 7 & 31;
	op->rs1 = w >> 15 & 31;
	op->rs2 = w >> 20 & 31;
	op->uses = uses_of(op, w);
	if ((w & INSN_MARK_MASK) == INSN_MARK) {
		other(op, OP_MARK, p->op);
		op->imm = w >> 20;
		return;
	}
	switch (w & 0x7f) {
	case OPCODE_LOAD:
		load(op, w, p);
		break;
	case OPCODE_STORE:
		store(op, w, p);
		break;
	case OPCODE_AMO:
		atomic(op, w, p);
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
