/* encoding.h: the numbers of RISC-V's instructions and CSRs that the machine knows
 * (unprivileged manual, "RV32/64G Instruction Set Listings"; privileged manual, "CSR
 * Listing"). */
#ifndef MACHINE_ENCODING_H
#define MACHINE_ENCODING_H

enum {
	OPCODE_LOAD = 0x03,
	OPCODE_MISC_MEM = 0x0f,
	OPCODE_OP_IMM = 0x13,
	OPCODE_AUIPC = 0x17,
	OPCODE_OP_IMM_32 = 0x1b,
	OPCODE_STORE = 0x23,
	OPCODE_AMO = 0x2f,
	OPCODE_OP = 0x33,
	OPCODE_LUI = 0x37,
	OPCODE_OP_32 = 0x3b,
	OPCODE_BRANCH = 0x63,
	OPCODE_JALR = 0x67,
	OPCODE_JAL = 0x6f,
	OPCODE_SYSTEM = 0x73,
};

enum {
	INSN_ECALL = 0x00000073,
	INSN_EBREAK = 0x00100073,
	INSN_C_EBREAK = 0x9002,
	INSN_SRET = 0x10200073,
	INSN_WFI = 0x10500073,
	INSN_PAUSE = 0x0100000f,
	INSN_WRS_NTO = 0x00d00073,
	INSN_WRS_STO = 0x01d00073,
	/* slti x0, x0, imm without its immediate: a marker of kernel/mailbox.h */
	INSN_MARK = 0x00002013,
	INSN_MARK_MASK = 0x000fffff,
	/* sfence.vma rs1, rs2 without its registers */
	INSN_SFENCE_VMA = 0x12000073,
	INSN_SFENCE_VMA_MASK = 0xfe007fff,
};

enum {
	CSR_SSTATUS = 0x100,
	CSR_SIE = 0x104,
	CSR_STVEC = 0x105,
	CSR_SCOUNTEREN = 0x106,
	CSR_SSCRATCH = 0x140,
	CSR_SEPC = 0x141,
	CSR_SCAUSE = 0x142,
	CSR_STVAL = 0x143,
	CSR_SIP = 0x144,
	CSR_SATP = 0x180,
	CSR_CYCLE = 0xc00,
	CSR_TIME = 0xc01,
	CSR_INSTRET = 0xc02,
};

/* The exceptions and interrupts, as scause has them. */
#define CAUSE_FETCH_ACCESS     1ul
#define CAUSE_ILLEGAL          2ul
#define CAUSE_BREAKPOINT       3ul
#define CAUSE_LOAD_MISALIGNED  4ul
#define CAUSE_LOAD_ACCESS      5ul
#define CAUSE_STORE_MISALIGNED 6ul
#define CAUSE_STORE_ACCESS     7ul
#define CAUSE_INTERRUPT        (1ul << 63)
#define CAUSE_SOFTWARE         (CAUSE_INTERRUPT | 1)
#define CAUSE_TIMER            (CAUSE_INTERRUPT | 5)

#define STVEC_VECTORED         1ul
#define STVEC_RESERVED         2ul /* the mode's upper bit */
#define SCOUNTEREN_ALL         7ul /* cycle, time, instret */
#define SSTATUS_SIE            (1ul << 1)
#define SSTATUS_SPIE           (1ul << 5)
#define SSTATUS_SPP            (1ul << 8)
#define SSTATUS_UXL            (2ul << 32) /* user mode, of which there is none, would have 64 bits */
#define SIP_SSIP               (1ul << 1)
#define SIP_STIP               (1ul << 5)
#define SIP_ALL                (SIP_SSIP | SIP_STIP)

#endif
