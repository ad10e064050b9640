/* isa.h: the instruction set, in a word or two. */
#ifndef NATIVE_ISA_H
#define NATIVE_ISA_H

#include <stdbool.h>

/* Returns the instruction set: on x86-64 and AArch64 the one that was compiled for, on
 * riscv64 the one that the system names for the first processor, "" if it names none. */
const char *isa_name(void);

/* Does every processor have the RISC-V extension? Linux on riscv64, from 6.4 on, knows
 * zacas, zabha, zawrs and zihintpause; an older system has none of them. zalrsc, LR and SC,
 * is on every riscv64. Other processors have no RISC-V extension. */
bool isa_has(const char *extension);

#endif
