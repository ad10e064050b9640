/* isa.h: the instruction set, in a word or two. */
#ifndef NATIVE_ISA_H
#define NATIVE_ISA_H

/* x86-64, AArch64: what was compiled for; riscv64: what the system says of the
 * first processor, "" if it does not. */
const char *isa_name(void);

#endif
