/* execute.h: instructions that need nothing but the hart's registers (unprivileged
 * manual, chapters "RV32I", "RV64I", "M"). Each writes rd, or h->next. */
#ifndef MACHINE_EXECUTE_H
#define MACHINE_EXECUTE_H

#include <stdint.h>

#include "op.h"

typedef void execute_fn(struct hart *h, const struct op *op);

execute_fn execute_lui, execute_auipc, execute_jal, execute_jalr, execute_nop;

/* By funct3; NULL where there is none. */
extern execute_fn *const execute_branch[8];
extern execute_fn *const execute_op_imm[8];    /* 5: srli */
extern execute_fn *const execute_op_imm_32[8]; /* 5: srliw */
extern execute_fn *const execute_op[8];        /* funct7 0 */
extern execute_fn *const execute_op_32[8];
extern execute_fn *const execute_muldiv[8]; /* funct7 1 */
extern execute_fn *const execute_muldiv_32[8];
execute_fn execute_srai, execute_sraiw, execute_sub, execute_subw, execute_sra, execute_sraw;

#endif
