/* decode.h: the class that an instruction has for the model (RV64GC, Zacas,
 * Zabha, Zawrs; unprivileged manual, chapters "RV32/64G Instruction Set Listings",
 * "C" and those of the three extensions). */
#ifndef MODEL_DECODE_H
#define MODEL_DECODE_H

#include <stdint.h>

enum insn_class {
	INSN_OP, /* arithmetic and all that is not named below */
	INSN_BRANCH,
	INSN_JUMP,
	INSN_MUL,
	INSN_DIV,
	INSN_FP,
	INSN_CSR,   /* SYSTEM: CSR accesses, ecall, wfi */
	INSN_FENCE, /* a fence that an in-order hart with a store buffer need not wait for */
	INSN_PAUSE,
	INSN_WRS,   /* wrs.sto, wrs.nto: wait for the reservation to be lost */
	INSN_DRAIN, /* a fence of earlier stores against later loads: the hart waits */
	INSN_MARK,  /* slti x0, x0, imm */
	INSN_LOAD,
	INSN_STORE,
	INSN_AMO, /* amocas too, which may not write: it takes its line all the same */
	INSN_LR,
	INSN_SC,
};

/* Returns the class of the instruction of `size` bytes (2 or 4). */
enum insn_class decode_class(uint32_t word, unsigned size);

/* Returns the immediate of an INSN_MARK. */
static inline unsigned decode_mark(uint32_t word)
{
	return word >> 20;
}

#endif
