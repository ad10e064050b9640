#include "execute.h"

#include <stdbool.h>

#include "hart.h"

static void set(struct hart *h, const struct op *op, uint64_t value)
{
	h->x[op->rd] = value;
	h->x[0] = 0;
}

static uint64_t word(uint32_t value)
{
	return (uint64_t)(int64_t)(int32_t)value;
}

/* A function `name` that writes `value` of a = x[rs1] and b = x[rs2] or the immediate. */
#define COMPUTE(name, second, value)                          \
	static uint64_t name##_of(uint64_t a, uint64_t b)     \
	{                                                     \
		return (value);                               \
	}                                                     \
	void name(struct hart *h, const struct op *op)        \
	{                                                     \
		set(h, op, name##_of(h->x[op->rs1], second)); \
	}
#define REGISTERS(name, value) COMPUTE(name, h->x[op->rs2], value)
#define IMMEDIATE(name, value) COMPUTE(name, (uint64_t)op->imm, value)

/* clang-format off */
static execute_fn addi, slli, slti, sltiu, xori, srli, ori, andi, addiw, slliw, srliw;
static execute_fn add, sll, slt, sltu, xor_, srl, or_, and_, addw, sllw, srlw;
static execute_fn mul, mulh, mulhsu, mulhu, div_, divu, rem_, remu, mulw, divw, divuw, remw, remuw;

IMMEDIATE(addi, a + b)
IMMEDIATE(slli, a << (b & 63))
IMMEDIATE(slti, (int64_t)a < (int64_t)b)
IMMEDIATE(sltiu, a < b)
IMMEDIATE(xori, a ^ b)
IMMEDIATE(srli, a >> (b & 63))
IMMEDIATE(execute_srai, (uint64_t)((int64_t)a >> (b & 63)))
IMMEDIATE(ori, a | b)
IMMEDIATE(andi, a & b)
IMMEDIATE(addiw, word((uint32_t)(a + b)))
IMMEDIATE(slliw, word((uint32_t)a << (b & 31)))
IMMEDIATE(srliw, word((uint32_t)a >> (b & 31)))
IMMEDIATE(execute_sraiw, (uint64_t)(int64_t)((int32_t)a >> (b & 31)))

REGISTERS(add, a + b)
REGISTERS(execute_sub, a - b)
REGISTERS(sll, a << (b & 63))
REGISTERS(slt, (int64_t)a < (int64_t)b)
REGISTERS(sltu, a < b)
REGISTERS(xor_, a ^ b)
REGISTERS(srl, a >> (b & 63))
REGISTERS(execute_sra, (uint64_t)((int64_t)a >> (b & 63)))
REGISTERS(or_, a | b)
REGISTERS(and_, a & b)
REGISTERS(addw, word((uint32_t)(a + b)))
REGISTERS(execute_subw, word((uint32_t)(a - b)))
REGISTERS(sllw, word((uint32_t)a << (b & 31)))
REGISTERS(srlw, word((uint32_t)a >> (b & 31)))
REGISTERS(execute_sraw, (uint64_t)(int64_t)((int32_t)a >> (b & 31)))

/* Division by zero and overflow: table "Semantics for division by zero and division
 * overflow". */
static int64_t signed_div(int64_t a, int64_t b)
{
	return b == 0 ? -1 : b == -1 ? (int64_t)-(uint64_t)a : a / b;
}

static int64_t signed_rem(int64_t a, int64_t b)
{
	return b == 0 ? a : b == -1 ? 0 : a % b;
}

REGISTERS(mul, a * b)
REGISTERS(mulh, (uint64_t)((__int128)(int64_t)a * (int64_t)b >> 64))
REGISTERS(mulhsu, (uint64_t)((__int128)(int64_t)a * (__int128)b >> 64))
REGISTERS(mulhu, (uint64_t)((unsigned __int128)a * b >> 64))
REGISTERS(div_, (uint64_t)signed_div((int64_t)a, (int64_t)b))
REGISTERS(divu, b == 0 ? UINT64_MAX : a / b)
REGISTERS(rem_, (uint64_t)signed_rem((int64_t)a, (int64_t)b))
REGISTERS(remu, b == 0 ? a : a % b)
REGISTERS(mulw, word((uint32_t)a * (uint32_t)b))
REGISTERS(divw, word((uint32_t)signed_div((int32_t)a, (int32_t)b)))
REGISTERS(divuw, (uint32_t)b == 0 ? UINT64_MAX : word((uint32_t)a / (uint32_t)b))
REGISTERS(remw, word((uint32_t)signed_rem((int32_t)a, (int32_t)b)))
REGISTERS(remuw, word((uint32_t)b == 0 ? (uint32_t)a : (uint32_t)a % (uint32_t)b))
/* clang-format on */

void execute_nop(struct hart *h, const struct op *op)
{
	(void)h;
	(void)op;
}

void execute_lui(struct hart *h, const struct op *op)
{
	set(h, op, (uint64_t)op->imm);
}

void execute_auipc(struct hart *h, const struct op *op)
{
	set(h, op, h->pc + (uint64_t)op->imm);
}

void execute_jal(struct hart *h, const struct op *op)
{
	set(h, op, h->next);
	h->next = h->pc + (uint64_t)op->imm;
}

void execute_jalr(struct hart *h, const struct op *op)
{
	uint64_t to = (h->x[op->rs1] + (uint64_t)op->imm) & ~(uint64_t)1;

	set(h, op, h->next);
	h->next = to;
}

#define BRANCH(name, condition)                               \
	static void name(struct hart *h, const struct op *op) \
	{                                                     \
		uint64_t a = h->x[op->rs1];                   \
		uint64_t b = h->x[op->rs2];                   \
                                                              \
		if (condition)                                \
			h->next = h->pc + (uint64_t)op->imm;  \
	}

/* clang-format off */
BRANCH(beq, a == b)
BRANCH(bne, a != b)
BRANCH(blt, (int64_t)a < (int64_t)b)
BRANCH(bge, (int64_t)a >= (int64_t)b)
BRANCH(bltu, a < b)
BRANCH(bgeu, a >= b)

execute_fn *const execute_branch[8] = {beq, bne, 0, 0, blt, bge, bltu, bgeu};
execute_fn *const execute_op_imm[8] = {addi, slli, slti, sltiu, xori, srli, ori, andi};
execute_fn *const execute_op_imm_32[8] = {addiw, slliw, 0, 0, 0, srliw, 0, 0};
execute_fn *const execute_op[8] = {add, sll, slt, sltu, xor_, srl, or_, and_};
execute_fn *const execute_op_32[8] = {addw, sllw, 0, 0, 0, srlw, 0, 0};
execute_fn *const execute_muldiv[8] = {mul, mulh, mulhsu, mulhu, div_, divu, rem_, remu};
execute_fn *const execute_muldiv_32[8] = {mulw, 0, 0, 0, divw, divuw, remw, remuw};
/* clang-format on */
