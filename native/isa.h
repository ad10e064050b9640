/* isa.h: the instruction set, in a word or two. */
#ifndef NATIVE_ISA_H
#define NATIVE_ISA_H

#include <stdbool.h>

/* x86-64, AArch64: what was compiled for; riscv64: what the system says of the
 * first processor, "" if it does not. */
const char *isa_name(void);

/* Has every processor the RISC-V extension? riscv64: zacas, zabha, zawrs and zihintpause
 * are known, on Linux from 6.4 on; before, and elsewhere, none is there. */
bool isa_has(const char *extension);

#endif
