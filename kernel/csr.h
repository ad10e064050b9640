/* csr.h: the S-mode control and status registers the kernel touches
 * (RISC-V privileged manual, chapter "Supervisor-Level ISA"). */
#ifndef KERNEL_CSR_H
#define KERNEL_CSR_H

#define SSTATUS_SIE            (1ul << 1)
#define SIE_SSIE               (1ul << 1) /* software interrupt: IPI */
#define SIE_STIE               (1ul << 5) /* timer interrupt */
#define SCAUSE_ILLEGAL         2
#define SCAUSE_INTR            (1ul << 63)
#define SCAUSE_SOFTWARE        (SCAUSE_INTR | 1)
#define SCAUSE_TIMER           (SCAUSE_INTR | 5)

#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" ::"rK"(value) : "memory")
#define csr_set(name, bits)    __asm__ volatile("csrs " #name ", %0" ::"rK"(bits) : "memory")
#define csr_clear(name, bits)  __asm__ volatile("csrc " #name ", %0" ::"rK"(bits) : "memory")

#endif
