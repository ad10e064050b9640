/* op.h: a decoded instruction. */
#ifndef MACHINE_OP_H
#define MACHINE_OP_H

#include <stdbool.h>
#include <stdint.h>

struct hart;
struct op;

/* The kinds of instructions: some can be done at once, and some have to wait for their
 * turn. The order matters: see op_accesses(). */
enum op_kind {
	OP_UNKNOWN, /* not decoded yet */
	OP_PLAIN,   /* registers and pc only */
	OP_FENCE,   /* orders what is in order anyway */
	OP_ORDER,   /* a fence of earlier stores against later stores */
	OP_DRAIN,   /* a fence that waits for earlier stores: against later loads */
	OP_FENCE_I,
	OP_PAUSE,
	OP_WRS,
	OP_MARK,   /* slti x0, x0, imm: kernel/mailbox.h */
	OP_SYSTEM, /* CSR accesses, ecall, ebreak, sret, wfi, sfence.vma */
	OP_ILLEGAL,
	OP_LOAD,
	OP_STORE,
	OP_AMO, /* an amocas is one, too */
	OP_LR,
	OP_SC,
};

/* Does it access memory? */
static inline bool op_accesses(enum op_kind kind)
{
	return kind >= OP_LOAD;
}

/* The operation of an OP_AMO. */
enum amo {
	AMO_ADD,
	AMO_SWAP,
	AMO_XOR,
	AMO_AND,
	AMO_OR,
	AMO_MIN,
	AMO_MAX,
	AMO_MINU,
	AMO_MAXU,
	AMO_CAS
};

struct op {
	void (*run)(struct hart *h, const struct op *op); /* does an OP_PLAIN */
	int64_t imm;
	uint32_t word;  /* as fetched: 16 or 32 bits */
	uint32_t ticks; /* its own time; an access's, where it hits */
	uint32_t after; /* the time that .aq and .rl add */
	enum op_kind kind : 8;
	enum amo amo : 8; /* the operation of an OP_AMO */
	uint32_t uses;    /* registers (bits) that it reads or writes */
	uint8_t rd, rs1, rs2;
	uint8_t size;  /* bytes of the instruction */
	uint8_t width; /* bytes of the access */
	uint8_t sign;  /* a load's value is sign-extended */
};

#endif
